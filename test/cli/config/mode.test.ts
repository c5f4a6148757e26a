// One sentence for who comes from another mode.
import t from 'tap';
import { modeDifferences, otherMode } from '../../../lib/cli/config/mode.js';

t.test('userspace and nothing are this mode', async (t) => {
  for (const mode of ['', 'userspace']) t.equal(otherMode(mode), undefined);
});

t.test('each other mode is told what differs', async (t) => {
  for (const name of ['iptables', 'ipvs', 'nftables']) {
    const mode = otherMode(name) ?? 'iptables';
    t.equal(mode, name);
    const told = modeDifferences(mode);
    t.match(told, new RegExp(`^proxy mode ${name} runs in userspace here: .*instead of the client's`));
    t.notMatch(told, /\n|\.$/);
  }
  t.match(modeDifferences('ipvs'), /do not answer ping/);
  t.match(modeDifferences('nftables'), /primary addresses/);
});
