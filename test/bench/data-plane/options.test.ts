// The command line of the data plane benchmark: only the whole of it writes the document.
import t from 'tap';
import { parseBenchOptions } from '../../../bench/data-plane/options.js';
import { rows } from '../../../bench/data-plane/works.js';

t.test('without arguments: everything, five times, into docs/benchmarks.md', async (t) => {
  t.same(parseBenchOptions([]), { rows, rounds: 5, seconds: 3, output: 'docs/benchmarks.md' });
});

t.test('a quick run or a part of it goes to stdout alone', async (t) => {
  t.match(parseBenchOptions(['--quick']), { rounds: 1, seconds: 1, output: undefined });
  const part = parseBenchOptions(['--only', 'udp-64', '--only', 'idle', '--rounds', '7']);
  t.match(part, { rounds: 7, output: undefined });
  t.same(
    part.rows.map(({ id }) => id),
    ['udp-64-1', 'udp-64-1x32', 'udp-64-64', 'udp-64-64x4', 'idle'],
  );
  t.equal(parseBenchOptions(['--quick', '--output', 'x.md']).output, 'x.md');
});

t.test('what makes no sense is refused', async (t) => {
  for (const args of [['--rounds', '0'], ['--seconds', 'x'], ['--only', 'icmp'], ['--fast'], ['x']]) {
    t.throws(() => parseBenchOptions(args), args.join(' '));
  }
});

t.test('every row has a name of its own', async (t) => {
  t.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
});
