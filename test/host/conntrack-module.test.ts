// Connection tracking is loaded where it is not there, and only then.
import t from 'tap';
import { loadConntrackModule } from '../../lib/host/conntrack-module.js';
import { ExecError, type ExecResult } from '../../lib/proxier/exec.js';

t.test('modprobe is asked where the settings are missing; that it fails does no harm', async (t) => {
  const asked: string[] = [];
  const exec = async (file: string, args: readonly string[]): Promise<ExecResult> => {
    asked.push([file, ...args].join(' '));
    throw new ExecError('missing', 'no modprobe');
  };
  await loadConntrackModule(exec, t.testdir({}));
  t.strictSame(asked.splice(0), ['modprobe nf_conntrack']);
  await loadConntrackModule(exec, t.testdir({ sys: { net: { netfilter: { nf_conntrack_max: '1\n' } } } }));
  t.strictSame(asked, []);
});
