// The command line of the scale benchmark: only the whole of it writes the document.
import t from 'tap';
import { parseScaleOptions } from '../../../bench/scale/options.js';

t.test('without arguments: everything, into docs/scale.md', async (t) => {
  t.match(parseScaleOptions([]), {
    services: [10, 1000, 10_000],
    origins: ['YAML files', 'JSON file', 'API server'],
    output: 'docs/scale.md',
  });
});

t.test('a part of it, or a run with a profiler, goes to stdout alone', async (t) => {
  for (const args of [['--quick'], ['--services', '500'], ['--origin', 'api'], ['--node-flag=--cpu-prof']]) {
    t.equal(parseScaleOptions(args).output, undefined, args.join(' '));
  }
  t.equal(parseScaleOptions(['--quick', '--output', 'x.md']).output, 'x.md');
  t.match(parseScaleOptions(['--services', '500', '--services', '50', '--origin', 'json']), {
    services: [500, 50],
    origins: ['JSON file'],
  });
});

t.test('what makes no sense is refused', async (t) => {
  for (const args of [['--services', 'many'], ['--services', '2'], ['--origin', 'etcd'], ['--fast'], ['x']]) {
    t.throws(() => parseScaleOptions(args), args.join(' '));
  }
});
