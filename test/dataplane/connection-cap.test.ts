// How many connections fit into this process, and how many of them may be UDP's.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { connectionCap, parseDescriptorLimit, udpCap } from '../../lib/dataplane/connection-cap.js';

t.test('the cap leaves room for listeners and for the rest of the program', async (t) => {
  t.equal(connectionCap(20_000, 0), 9872);
  t.equal(connectionCap(20_000, 3000), 8372);
  t.ok(2 * connectionCap(1024, 100) + 100 < 1024);
  t.equal(connectionCap(64, 0), 1, 'never nothing');
  t.equal(connectionCap(Number.POSITIVE_INFINITY, 10), Number.POSITIVE_INFINITY);
});

t.test('the limit is read from the text of /proc/self/limits', async (t) => {
  t.equal(
    parseDescriptorLimit('Limit  Soft  Hard  Units\nMax open files            1024    4096    files \n'),
    1024,
  );
  t.equal(
    parseDescriptorLimit('Max open files            unlimited            unlimited            files'),
    Number.POSITIVE_INFINITY,
  );
  t.equal(parseDescriptorLimit('Max processes   1  1  processes'), undefined);
  t.ok(Number(parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8'))) > 0, 'of this process');
});

t.test('UDP gets half of the cap, rounded up', async (t) => {
  for (const [cap, half] of [
    [1, 1],
    [4, 2],
    [5, 3],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ] as const)
    t.equal(udpCap(cap), half);
});
