// pflag's spelling of flags, brought to commander's.
import t from 'tap';
import type { Flag } from '../../lib/cli/flag.js';
import { fromPflag } from '../../lib/cli/pflag.js';
import { boolean, integer, text } from '../../lib/cli/value-kinds.js';

const common = { group: 'Logging and more', meaning: '' } as const;
const flags: readonly Flag[] = [
  { ...common, name: 'v', short: 'v', kind: integer('level', 0, 10) },
  { ...common, name: 'keep', kind: boolean },
  { ...common, name: 'file', kind: text('path') },
  { ...common, name: 'log-dir', kind: text('path') },
];

t.test('each spelling becomes the one commander reads', async (t) => {
  const table: readonly [readonly string[], readonly string[]][] = [
    [['-v=2'], ['--v=2']],
    [
      ['-v', '2'],
      ['--v', '2'],
    ],
    [['--v=2'], ['--v=2']],
    [['--keep'], ['--keep=true']],
    [['--keep=false'], ['--keep=false']],
    [['--file=a=b'], ['--file=a=b']],
    [['--file='], ['--file=']],
    [['--log_dir=a_b'], ['--log-dir=a_b']],
    [
      ['--log_dir', 'a_b'],
      ['--log-dir', 'a_b'],
    ],
    [
      ['--file', '--keep'],
      ['--file', '--keep'],
    ],
    [
      ['--keep', 'demo'],
      ['--keep=true', 'demo'],
    ],
    [['--file'], ['--file']],
    [
      ['--unknown=3', '-x', 'a=b'],
      ['--unknown', '3', '-x', 'a=b'],
    ],
    [
      ['--keep', '--', '--keep', '-v=2'],
      ['--keep=true', '--', '--keep', '-v=2'],
    ],
    [[], []],
  ];
  for (const [given, expected] of table) t.same(fromPflag(given, flags), expected, given.join(' '));
});
