// test/support/thread-ender.ts: loaded into the program by `--import`: on SIGUSR2 the data plane's threads that relay lose
// their epolls, so that their next wait fails and they end, as by a fault of ours.
import { closeSync } from 'node:fs';
import { relayingEpolls } from '../dataplane/linux/relayed-by-thread.js';

process.on('SIGUSR2', () => {
  for (const { fd } of relayingEpolls()) closeSync(fd);
});
