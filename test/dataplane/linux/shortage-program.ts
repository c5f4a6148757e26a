// dataplane/linux/shortage-program.ts: a process with a data plane and nothing else, for tests that take descriptors from
// it or end it. Reads its endpoint's port from argv, prints one JSON line for each thing that happens, obeys stdin.
import { createInterface } from 'node:readline';
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import { silentLog } from '../../../lib/proxier/log.js';
import { configOf, specOf } from '../conformance/plane.js';
import { openDescriptors } from '../conformance/waiting.js';

const say = (line: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** undefined: there is not even one left to look with. */
function countDescriptors(): number | undefined {
  try {
    return openDescriptors();
  } catch {
    return undefined;
  }
}

const plane = createLinuxDataPlane({
  endpointSetAsideMs: 0,
  threads: 2,
  checkDescriptors: true,
  log: { ...silentLog, warn: (_fields: unknown, text?: unknown) => say({ warning: String(text) }) },
});
const endpoint = { ip: '127.0.0.1', port: Number(process.argv[2]) };
const listener = await plane.open(specOf('TCP'), configOf([endpoint]), 0);
const udp = await plane.open(specOf('UDP'), configOf([endpoint]), 0);

for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'exit') process.exit(3);
  if (command === 'throw') setImmediate(() => JSON.parse('no JSON'));
  if (command === 'close') {
    await plane.close(0);
    process.stdin.destroy();
    break;
  }
  if (command === 'look') {
    const { opened, open, failed } = listener.counters();
    say({ port: listener.port, udpPort: udp.port, descriptors: countDescriptors(), opened, open, failed });
  }
}
