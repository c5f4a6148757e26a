// test/fuzz/sctp-main.ts: `npm run fuzz:sctp [-- --packets N --seed N]`: see sctp-fuzz.ts. The same seed throws the same packets.
import { parseArgs } from 'node:util';
import { fuzzSctp } from './sctp-fuzz.js';

const { values } = parseArgs({
  options: { packets: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const startMs = performance.now();
const result = fuzzSctp({ seed: Number(values.seed), packets: Number(values.packets) });
const { faults, packets, slowestMs, disturbed, totals } = result;
console.log(`${packets} packets, seed ${values.seed}, ${Math.round((performance.now() - startMs) / 1000)} s`);
console.log(
  `faults ${faults.length}, slowest packet ${slowestMs.toFixed(1)} ms, disturbed messages ${disturbed}`,
);
console.log(JSON.stringify(totals));
for (const fault of faults) console.log(fault);
process.exit(faults.length > 0 || slowestMs > 100 || disturbed > 0 ? 1 : 0);
