// test/support/namespace-trial.ts: a program that makes two connected namespaces, tries them, and says what it saw as
// one line of JSON. A process of its own, because test/demo/namespaces.test.ts runs it as another user, and kills it.
// Argument: the URL of namespaces.js to try; `hold` after it: then wait to be killed.
import type { connectNamespaces, createNamespace } from '../../lib/demo/namespaces.js';

interface Trial {
  readonly createNamespace: typeof createNamespace;
  readonly connectNamespaces: typeof connectNamespaces;
}

const [, , url = '', mode] = process.argv;
const trial: Trial = await import(url);
const left = await trial.createNamespace('left');
const right = await trial.createNamespace('right', { family: left });
await trial.connectNamespaces(
  { namespace: left, interface: 'to-right', addresses: ['10.1.0.1/24', 'fd01::1/64'] },
  { namespace: right, interface: 'to-left' },
);
const [addresses, rules, user, sleeper] = await Promise.all([
  left.run(['ip', '-brief', 'address', 'show', 'dev', 'to-right']),
  left.run(['iptables-legacy-save']),
  right.run(['id', '-u']),
  left.spawn(['sleep', '60'], { stdio: 'ignore' }),
]);
process.stdout.write(
  `${JSON.stringify({
    uid: process.getuid?.(),
    uidInside: user.stdout.trim(),
    addresses: addresses.stdout.trim(),
    rules: rules.status,
    pids: [left.pid, right.pid, sleeper.pid],
    command: left.command(['ip', 'link']),
  })}\n`,
);
if (mode === 'hold') await new Promise((resolve) => setTimeout(resolve, 60_000));
await Promise.all([left.close(), right.close()]);
