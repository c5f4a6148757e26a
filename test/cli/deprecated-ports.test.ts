// --healthz-port and --metrics-port.
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';

const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };

function optionsOf(...argv: readonly string[]) {
  const invocation = parseCommandLine(['--manifests=/m', ...argv], context);
  return invocation.command === 'run' ? invocation.options : undefined;
}

t.test('the port counts, on the default address', async (t) => {
  t.match(optionsOf('--healthz-port=8080', '--metrics-port=8081'), {
    healthzBindAddress: { host: '0.0.0.0', port: 8080 },
    metricsBindAddress: { host: '127.0.0.1', port: 8081 },
    notices: [
      { about: '--healthz-port', text: 'deprecated: use --healthz-bind-address' },
      { about: '--metrics-port', text: 'deprecated: use --metrics-bind-address' },
    ],
  });
  t.match(optionsOf('--bind-address=::', '--healthz-port=8080'), {
    healthzBindAddress: { host: '::', port: 8080 },
  });
});

t.test('zero is no server, whatever the address', async (t) => {
  const options = optionsOf('--healthz-port=0', '--healthz-bind-address=10.0.0.1:7');
  t.equal(options?.healthzBindAddress, undefined);
  t.equal(optionsOf('--metrics-port=0')?.metricsBindAddress, undefined);
});

t.test('beside the address the port is ignored, and that is told', async (t) => {
  t.match(optionsOf('--healthz-port=8080', '--healthz-bind-address=10.0.0.1:7'), {
    healthzBindAddress: { host: '10.0.0.1', port: 7 },
    notices: [{ about: '--healthz-port', text: /^deprecated, and ignored beside --healthz-bind-address/ }],
  });
});
