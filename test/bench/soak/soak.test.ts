// Some seconds of churn for each data plane: nothing leaks, every byte arrives, all counters add up. `npm run soak` is the
// same for as long as one likes.
import t from 'tap';
import { soak } from '../../../bench/soak/soak.js';

for (const dataPlane of ['linux', 'node'] as const) {
  t.test(`the ${dataPlane} data plane under churn`, async (t) => {
    const result = await soak({ dataPlane, cycles: 3, cycleMs: 1800 }, (line) => t.comment(line));
    t.same(result.problems, []);
    t.ok(result.connections > 300, `${result.connections} TCP connections`);
    t.ok(result.udpClients > 50, `${result.udpClients} UDP clients`);
    t.ok(result.bytes > 50_000_000, `${result.bytes} bytes`);
  });
}
