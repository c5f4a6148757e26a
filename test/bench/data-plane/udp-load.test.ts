// The load and the echo of UDP, against each other: both as programs, since neither returns while it works.
import { spawn } from 'node:child_process';
import t from 'tap';
import { runUdpLoad } from '../../../bench/data-plane/udp-load.js';
import { refusingUdpPort } from '../../support/refusing-port.js';

t.test('round trips are counted and timed; with nobody there, there are none', async (t) => {
  const { port, free } = await refusingUdpPort(t);
  const load = { port, bytes: 1400, clients: 5, inFlight: 2, seconds: 0.3 };
  t.match(runUdpLoad(load), { roundTrips: 0 });
  await free();
  const echo = spawn(process.execPath, ['dist/bench/data-plane/udp-echo-program.js', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => echo.once('exit', resolve));
  await new Promise((resolve) => echo.stdout.once('data', resolve));
  const result = runUdpLoad(load);
  // It never returns to its event loop, where a handler of SIGTERM would have to run.
  echo.kill('SIGKILL');
  await ended;
  t.ok(result.roundTrips > 50, `${result.roundTrips} round trips`);
  t.ok(result.p50Us > 0 && result.p99Us >= result.p50Us && result.p99Us < 1e6);
  t.ok(result.seconds >= 0.3);
});
