// The error that a configuration file's reader gets.
import t from 'tap';
import { ConfigError } from '../../../lib/cli/config/config-error.js';

t.test('it has a name of its own, and keeps its cause', async (t) => {
  const cause = new Error('ENOENT');
  const error = new ConfigError('c.yaml: no', { cause });
  t.match(error, { name: 'ConfigError', message: 'c.yaml: no', cause });
});
