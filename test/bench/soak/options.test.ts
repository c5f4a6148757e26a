// The command line of the soak.
import t from 'tap';
import { parseSoakOptions } from '../../../bench/soak/options.js';

t.test('ten minutes of the linux data plane, or what is asked for', async (t) => {
  t.same(parseSoakOptions([]), { dataPlane: 'linux', seconds: 600 });
  t.same(parseSoakOptions(['--minutes', '0.5', '--data-plane', 'node']), { dataPlane: 'node', seconds: 30 });
});

t.test('what makes no sense is refused', async (t) => {
  for (const args of [['--minutes', '0'], ['--minutes', 'x'], ['--data-plane', 'ebpf'], ['x']]) {
    t.throws(() => parseSoakOptions(args), args.join(' '));
  }
});
