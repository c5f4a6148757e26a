// Every struct and call goes through this machine's kernel once, and whatever is not as we think is found.
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { selfTest } from '../../../lib/dataplane/linux/self-test.js';
import { type Layouts, layouts } from '../../../lib/dataplane/native/abi/layouts.js';
import { createNamespace, type Namespace } from '../../../lib/demo/namespaces.js';
import type { ExecResult } from '../../../lib/proxier/exec.js';
import { openDescriptors } from '../conformance/waiting.js';

t.test('it passes here, again and again, and leaves no descriptor behind', async (t) => {
  selfTest();
  const before = openDescriptors();
  for (let round = 0; round < 20; round++) selfTest();
  t.equal(openDescriptors(), before);
});

/** Ours, one number changed. */
function changed(struct: keyof Layouts, field: string, by: number): Layouts {
  const layout: Readonly<Record<string, number>> = layouts[struct];
  return { ...layouts, [struct]: { ...layout, [field]: (layout[field] ?? 0) + by } };
}

t.test('a wrong size or offset is found, whichever it is, and nothing stays open', async (t) => {
  const before = openDescriptors();
  for (const struct of Object.keys(layouts) as (keyof Layouts)[]) {
    for (const field of Object.keys(layouts[struct])) {
      t.throws(() => selfTest(changed(struct, field, 4)), { message: /self-test/ }, `${struct}.${field}`);
    }
  }
  t.equal(openDescriptors(), before);
});

t.test('it says which struct differs', async (t) => {
  const table: readonly [struct: keyof Layouts, field: string, says: RegExp][] = [
    ['epollEvent', 'size', /struct epoll_event differs: /],
    ['sockaddrIn', 'size', /struct sockaddr_in differs: 16: .* instead of 20: /],
    ['sockaddrIn', 'addr', /struct sockaddr_in/],
    ['sockaddrIn6', 'addr', /struct sockaddr_in6/],
    ['sockaddrIn6', 'scopeId', /struct sockaddr_in6 differs: no scope id at 28/],
    ['inPktinfo', 'specDst', /struct in_pktinfo/],
    ['in6Pktinfo', 'ifindex', /struct in6_pktinfo/],
    ['iovec', 'len', /iovec/],
    ['msghdr', 'control', /msghdr/],
    ['mmsghdr', 'size', /struct mmsghdr/],
    ['cmsghdr', 'size', /cmsghdr/],
    ['linger', 'seconds', /struct linger differs: \{1, 7\} came back as \{1, 0\}/],
  ];
  for (const [struct, field, message] of table)
    t.throws(() => selfTest(changed(struct, field, 4)), { message }, `${struct}.${field}`);
});

/** The self-test in a process of its own, which is in `namespace`. */
function selfTestIn(namespace: Namespace): Promise<ExecResult> {
  const module = new URL('../../../lib/dataplane/linux/self-test.js', import.meta.url);
  const program = `import(${JSON.stringify(fileURLToPath(module))}).then(({ selfTest }) => selfTest())`;
  return namespace.run([process.execPath, '-e', program]);
}

async function namespaceWith(t: Test, script: string): Promise<Namespace> {
  const namespace = await createNamespace('self-test');
  t.teardown(() => namespace.close());
  const prepared = await namespace.run(['sh', '-ec', script]);
  t.equal(prepared.status, 0, prepared.stderr);
  return namespace;
}

t.test('a host without IPv6 passes', async (t) => {
  const namespace = await namespaceWith(t, 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
  t.match(await selfTestIn(namespace), { status: 0, stderr: '' });
});

t.test('where the packet filter refuses some ports, others are tried', async (t) => {
  const first = '-m statistic --mode nth --every 1000 --packet 0';
  const namespace = await namespaceWith(
    t,
    `iptables -A INPUT -p udp ${first} -j REJECT; ip6tables -A INPUT -p udp ${first} -j REJECT`,
  );
  t.match(await selfTestIn(namespace), { status: 0, stderr: '' });
  const { stdout } = await namespace.run(['iptables', '-nvL', 'INPUT']);
  t.match(stdout, /^ +1 .* REJECT /m, 'one was refused');
});

t.test('where it refuses all of them, that is the reason', async (t) => {
  const namespace = await namespaceWith(t, 'iptables -A INPUT -p udp -j DROP');
  const { status, stderr } = await selfTestIn(namespace);
  t.equal(status, 1);
  t.match(stderr, 'self-test: datagrams to 127.0.0.1 do not arrive');
});
