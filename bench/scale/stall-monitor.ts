// bench/scale/stall-monitor.ts: loaded into the proxy with `--import`: how long its event loop stood still, told over
// IPC. The data plane's sockets live on the same loop, so this is how long a client may wait for nothing.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 2;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
process.on('message', () => {
  process.send?.(Math.max(0, delay.max / 1e6 - resolutionMs));
  delay.reset();
});
// The proxy must end as it does without us.
process.channel?.unref();
