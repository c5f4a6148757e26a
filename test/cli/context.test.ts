// What a command line's meaning depends on, read from this process.
import { existsSync } from 'node:fs';
import t from 'tap';
import { readCommandContext, serviceAccountTokenPath } from '../../lib/cli/context.js';

t.test('the context is this process’s environment, terminal and token', async (t) => {
  const context = readCommandContext();
  t.equal(context.env.PATH, process.env.PATH);
  t.equal(context.isTerminal, process.stderr.isTTY === true);
  t.equal(context.hasServiceAccountToken, existsSync(serviceAccountTokenPath));
  t.match(context.readConfigFile('package.json'), '"kube-portal"');
  t.throws(() => context.readConfigFile('no-such-file'), { code: 'ENOENT' });
});
