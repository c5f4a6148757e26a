// What namespaces promise: they are private, joined by veths, and take with them what runs inside.
import { spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { NamespaceError } from '../../lib/demo/namespace-holder.js';
import { connectNamespaces, createNamespace, ip, type Namespace } from '../../lib/demo/namespaces.js';
import { systemExec } from '../../lib/proxier/exec.js';

async function make(test: Test, name: string, family?: Namespace): Promise<Namespace> {
  const namespace = await createNamespace(name, family === undefined ? {} : { family });
  test.teardown(() => namespace.close());
  return namespace;
}

t.test('a namespace has a network of its own, with lo up and nothing else', async (t) => {
  const namespace = await make(t, 'alone');
  const links = await namespace.run(['ip', '-brief', 'link']);
  t.match(links.stdout, /^lo +UNKNOWN .*LOWER_UP.*\n$/);
  t.not(await readlink(`/proc/${namespace.pid}/ns/net`), await readlink('/proc/self/ns/net'));
});

t.test('what runs inside gets its input, and its status and output come back', async (t) => {
  const namespace = await make(t, 'run');
  const result = await namespace.run(['sh', '-c', 'cat; echo two >&2; exit 3'], { input: 'one' });
  t.same(result, { status: 3, stdout: 'one', stderr: 'two\n' });
});

t.test('the command for users enters the same namespace from any shell', async (t) => {
  const namespace = await make(t, 'typed');
  const [file = '', ...args] = namespace.command(['readlink', '/proc/self/ns/net']);
  const typed = await systemExec(file, args);
  t.equal(typed.stdout.trim(), await readlink(`/proc/${namespace.pid}/ns/net`));
});

t.test('connected namespaces reach one another, in both families', async (t) => {
  const left = await make(t, 'left');
  const right = await make(t, 'right', left);
  await connectNamespaces(
    { namespace: left, interface: 'to-right', addresses: ['10.1.0.1/24', 'fd01::1/64'] },
    {
      namespace: right,
      interface: 'to-left',
      addresses: ['10.1.0.2/24', 'fd01::2/64'],
      mac: '02:00:00:00:00:02',
    },
  );
  const connect = (address: string) => left.run(['bash', '-c', `: < /dev/tcp/${address}/1`]);
  t.match((await connect('10.1.0.2')).stderr, /Connection refused/);
  t.match((await connect('fd01::2')).stderr, /Connection refused/);
  t.match((await right.run(['ip', 'link', 'show', 'to-left'])).stdout, '02:00:00:00:00:02');
});

t.test('an end may have no address', async (t) => {
  const left = await make(t, 'left');
  const right = await make(t, 'right', left);
  await connectNamespaces({ namespace: left, interface: 'a' }, { namespace: right, interface: 'b' });
  const shown = await left.run(['ip', '-4', '-brief', 'address', 'show', 'dev', 'a']);
  t.equal(shown.stdout, '');
  t.match((await left.run(['ip', '-brief', 'link', 'show', 'a'])).stdout, /\bUP\b/);
});

t.test('an ip command that fails says which namespace and why', async (t) => {
  const namespace = await make(t, 'strict');
  await t.rejects(ip(namespace, ['link set lo up', 'link set nothing up']), {
    name: 'NamespaceError',
    message: /namespace strict: .*"nothing"/,
  });
});

t.test('close ends what runs inside, also what does not want to, and may be called twice', async (t) => {
  const namespace = await createNamespace('busy');
  const meek = namespace.spawn(['sleep', '60'], { stdio: 'ignore' });
  const stubborn = namespace.spawn(['sh', '-c', "trap '' TERM; echo up; sleep 60; sleep 60"], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => stubborn.stdout?.once('data', resolve));
  const [file = '', ...args] = namespace.command(['sleep', '60']);
  const visitor = spawn(file, args, { stdio: 'ignore' });
  const visitorEnds = new Promise((resolve) => visitor.once('exit', resolve));
  await Promise.all([namespace.close(), namespace.close()]);
  await visitorEnds;
  t.equal(visitor.signalCode, 'SIGKILL');
  t.equal(meek.signalCode, 'SIGTERM');
  t.equal(stubborn.signalCode, 'SIGKILL');
  await t.rejects(readlink(`/proc/${namespace.pid}/ns/net`), 'the holder is gone');
  t.throws(() => namespace.spawn(['true']), NamespaceError);
});

t.test('a program that is not there ends the child with status 127', async (t) => {
  const namespace = await make(t, 'empty');
  const child = namespace.spawn(['no-such-program'], { stdio: 'ignore' });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  t.equal(status, 127);
});
