// Which UDP flows are deleted, and which are left alone: against the real tool and the kernel, in a namespace.
import t, { type Test } from 'tap';
import { createConntrack, staleFlows } from '../../lib/conntrack/conntrack.js';
import { type ConntrackEntry, listConntrack } from '../../lib/conntrack/entries.js';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { type Exec, ExecError } from '../../lib/proxier/exec.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

interface Flow {
  readonly client: string;
  readonly portal: string;
  readonly port: number;
  readonly replySrc: string;
  readonly replySport: number;
}

/** A namespace with the given flows in its conntrack table, and an Exec that runs there and takes notes. */
async function withFlows(test: Test, flows: readonly Flow[]) {
  const namespace = await createNamespace('conntrack');
  test.teardown(() => namespace.close());
  const commands: string[] = [];
  const exec: Exec = (file, args, options) => {
    commands.push(args.join(' '));
    return namespace.run([file, ...args], options);
  };
  for (const [index, { client, portal, port, replySrc, replySport }] of flows.entries()) {
    const sport = String(40000 + index);
    const original = ['-s', client, '-d', portal, '--sport', sport, '--dport', String(port)];
    const reply = ['-r', replySrc, '-q', client];
    const ports = ['--reply-port-src', String(replySport), '--reply-port-dst', sport];
    const added = await namespace.run(
      ['conntrack', '-I', '-p', 'udp', '-t', '120', '-u', 'SEEN_REPLY', ...original, ...reply, ...ports],
      {},
    );
    if (added.status !== 0) throw new Error(`add a flow: ${added.stderr}`);
  }
  return { exec, commands, namespace };
}

async function left(exec: Exec, ipFamily: 'IPv4' | 'IPv6' = 'IPv4'): Promise<readonly string[]> {
  const entries = await listConntrack(exec, 'udp', ipFamily);
  return entries
    .map(
      ({ original, reply }) =>
        `${original.src} to ${original.dst}:${original.dport} by ${reply.src}:${reply.sport}`,
    )
    .sort();
}

const dns = { portal: '10.96.0.10', port: 53 };

t.test('flows that lead elsewhere than to the proxy port are deleted, others stay', async (t) => {
  const { exec } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 41000 },
    { client: '10.244.0.3', ...dns, replySrc: '10.244.0.1', replySport: 40999 },
    { client: '10.244.0.4', ...dns, replySrc: '10.96.0.10', replySport: 53 },
    { client: '10.244.0.2', portal: '10.96.0.11', port: 53, replySrc: '10.244.0.1', replySport: 40999 },
    { client: '10.244.0.2', portal: '10.96.0.10', port: 54, replySrc: '10.244.0.1', replySport: 40999 },
  ]);
  const conntrack = createConntrack(exec, silentLog);
  const deleted = await conntrack.deleteStaleUdp([
    { ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [41000] },
  ]);
  t.equal(deleted, 2);
  t.same(await left(exec), [
    '10.244.0.2 to 10.96.0.10:53 by 10.244.0.1:41000',
    '10.244.0.2 to 10.96.0.10:54 by 10.244.0.1:40999',
    '10.244.0.2 to 10.96.0.11:53 by 10.244.0.1:40999',
  ]);
});

t.test('a portal without a proxy port keeps no flow', async (t) => {
  const { exec } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 41000 },
    { client: '10.244.0.3', ...dns, replySrc: '192.168.77.1', replySport: 41000 },
  ]);
  const conntrack = createConntrack(exec, silentLog);
  t.equal(
    await conntrack.deleteStaleUdp([{ ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [] }]),
    2,
  );
  t.same(await left(exec), []);
});

t.test('IPv6 flows are found and deleted', async (t) => {
  const { exec } = await withFlows(t, [
    {
      client: 'fd00:10:244::2',
      portal: 'fd00:10:96::a',
      port: 53,
      replySrc: 'fd00:10:244::1',
      replySport: 40999,
    },
  ]);
  const conntrack = createConntrack(exec, silentLog);
  const portal = { ipFamily: 'IPv6', ip: 'fd00:10:96::a', port: 53, proxyPorts: [41000] } as const;
  t.equal(await conntrack.deleteStaleUdp([portal]), 1);
  t.same(await left(exec, 'IPv6'), []);
});

t.test('a hundred clients of one portal cost one listing and one delete', async (t) => {
  const { exec, commands } = await withFlows(
    t,
    Array.from({ length: 100 }, (_, index) => ({
      client: `10.244.3.${index}`,
      ...dns,
      replySrc: '10.244.0.1',
      replySport: 40999,
    })),
  );
  const conntrack = createConntrack(exec, silentLog);
  t.equal(
    await conntrack.deleteStaleUdp([{ ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [] }]),
    100,
  );
  t.same(commands, [
    '-L -p udp -f ipv4 --orig-dst 10.96.0.10',
    '-D -p udp -f ipv4 --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.0.1 --reply-port-src 40999',
  ]);
});

t.test('many portals share one listing', async (t) => {
  const { exec, commands } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 40999 },
    { client: '10.244.0.2', portal: '10.96.0.11', port: 53, replySrc: '10.244.0.1', replySport: 40998 },
  ]);
  const portals = Array.from(
    { length: 50 },
    (_, index) => ({ ipFamily: 'IPv4', ip: `10.96.0.${index}`, port: 53, proxyPorts: [] }) as const,
  );
  t.equal(await createConntrack(exec, silentLog).deleteStaleUdp(portals), 2);
  t.equal(commands.filter((command) => command.startsWith('-L')).length, 1);
  t.equal(commands.length, 3);
});

t.test('nothing asked means nothing run', async (t) => {
  const { exec, commands } = await withFlows(t, []);
  t.equal(await createConntrack(exec, silentLog).deleteStaleUdp([]), 0);
  t.same(commands, []);
});

t.test('a flow that is gone when it is to be deleted is success', async (t) => {
  const { exec, namespace } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 40999 },
  ]);
  const racing: Exec = async (file, args, options) => {
    const result = await exec(file, args, options);
    if (args.includes('-L')) await namespace.run(['conntrack', '-F']);
    return result;
  };
  const conntrack = createConntrack(racing, silentLog);
  t.equal(
    await conntrack.deleteStaleUdp([{ ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [] }]),
    0,
  );
});

t.test('a missing tool is said once, naming the package, and nothing is deleted', async (t) => {
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (...args: unknown[]) => void warnings.push(args[1]) };
  const missing: Exec = async (file) => {
    throw new ExecError('missing', `run ${file}: ENOENT`);
  };
  const conntrack = createConntrack(missing, log);
  const portals = [{ ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [] }] as const;
  t.equal(await conntrack.deleteStaleUdp(portals), 0);
  t.equal(await conntrack.deleteStaleUdp(portals), 0);
  t.equal(warnings.length, 1);
  t.match(String(warnings[0]), /Debian package conntrack/);
});

t.test('a kernel that refuses is an error with the command in it', async (t) => {
  const refusing: Exec = async (_file, args) => ({
    status: args.includes('-L') ? 0 : 1,
    stdout:
      'udp 17 9 src=10.0.0.1 dst=10.96.0.10 sport=1 dport=53 src=10.0.0.2 dst=10.0.0.1 sport=9 dport=1\n',
    stderr: 'conntrack v1.4.7 (conntrack-tools): Operation failed: Operation not permitted\n',
  });
  const deleting = createConntrack(refusing, silentLog).deleteStaleUdp([
    { ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [] },
  ]);
  await t.rejects(deleting, {
    name: 'ConntrackError',
    message: /conntrack -D .*10\.96\.0\.10.*not permitted/,
  });
});

t.test('where portal and proxy port have one number, a flow that was never steered is stale', async (t) => {
  const portal = { ipFamily: 'IPv4', ip: '10.96.0.10', port: 5300, proxyPorts: [5300] } as const;
  const entry = (replySrc: string): ConntrackEntry => ({
    protocol: 'udp',
    original: { src: '10.244.0.2', dst: '10.96.0.10', sport: 1, dport: 5300 },
    reply: { src: replySrc, dst: '10.244.0.2', sport: 5300, dport: 1 },
    flags: [],
  });
  t.same(staleFlows([entry('10.244.0.1')], [portal]), []);
  t.equal(staleFlows([entry('10.96.0.10')], [portal]).length, 1);
});

t.test('a flow that leads to an address this host has lost is stale', async (t) => {
  const portal = { ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [5300] } as const;
  const flow: ConntrackEntry = {
    protocol: 'udp',
    original: { src: '10.244.0.2', dst: '10.96.0.10', sport: 1, dport: 53 },
    reply: { src: '10.244.0.1', dst: '10.244.0.2', sport: 5300, dport: 1 },
    flags: [],
  };
  t.same(staleFlows([flow], [portal], new Set(['10.244.0.1'])), []);
  t.equal(staleFlows([flow], [portal], new Set(['127.0.0.1'])).length, 1);
});

t.test('SCTP flows are deleted like those of UDP, and those of UDP are left alone', async (t) => {
  const { exec, namespace } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 40999 },
  ]);
  for (const [sport, replySport] of [
    ['5000', '10000'],
    ['5001', '10002'],
  ]) {
    const original = `-s 10.244.0.2 -d 10.96.0.10 --sport ${sport} --dport 53`;
    const reply = `-r 10.244.0.1 -q 10.244.0.2 --reply-port-src ${replySport} --reply-port-dst ${sport}`;
    const added = await namespace.run(
      `conntrack -I -p sctp -t 120 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2 ${original} ${reply}`.split(
        ' ',
      ),
    );
    if (added.status !== 0) throw new Error(`add a flow: ${added.stderr}`);
  }
  const conntrack = createConntrack(exec, silentLog);
  const portal = { ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, proxyPorts: [10_002] } as const;
  t.equal(await conntrack.deleteStaleSctp([portal]), 1);
  const left = await listConntrack(exec, 'sctp', 'IPv4');
  t.match(left, [{ original: { sport: 5001 }, reply: { sport: 10_002 } }]);
  t.equal((await listConntrack(exec, 'udp', 'IPv4')).length, 1);
});

t.test('of a nodePort, flows at every address of this host, and at none of others', async (t) => {
  const { exec, commands } = await withFlows(t, [
    { client: '10.9.0.1', portal: '192.168.0.5', port: 30053, replySrc: '192.168.0.5', replySport: 41000 },
    { client: '10.9.0.2', portal: '192.168.0.5', port: 30053, replySrc: '192.168.0.5', replySport: 40999 },
    { client: '10.9.0.3', portal: '192.168.0.6', port: 30053, replySrc: '192.168.0.6', replySport: 41000 },
    { client: '127.0.0.1', portal: '127.0.0.2', port: 30053, replySrc: '127.0.0.2', replySport: 30053 },
    { client: '10.9.0.2', portal: '10.7.7.7', port: 30053, replySrc: '10.7.7.7', replySport: 30053 },
    { client: '10.9.0.2', portal: '192.168.0.5', port: 30054, replySrc: '192.168.0.5', replySport: 40999 },
  ]);
  const deleted = await createConntrack(exec, silentLog).deleteStaleUdp(
    [
      {
        ipFamily: 'IPv4',
        ip: '',
        port: 30053,
        proxyPorts: [40001, 41000],
        addresses: new Set(['192.168.0.5', '127.0.0.1']),
      },
    ],
    new Set(['127.0.0.1', '192.168.0.5', '192.168.0.6']),
  );
  t.equal(deleted, 3);
  t.same(await left(exec), [
    '10.9.0.1 to 192.168.0.5:30053 by 192.168.0.5:41000',
    '10.9.0.2 to 10.7.7.7:30053 by 10.7.7.7:30053',
    '10.9.0.2 to 192.168.0.5:30054 by 192.168.0.5:40999',
  ]);
  t.equal(commands[0], '-L -p udp -f ipv4 --orig-port-dst 30053');
});

t.test("a Service's portals are sifted by the tool, one listing each", async (t) => {
  const { exec, commands } = await withFlows(t, [
    { client: '10.244.0.2', ...dns, replySrc: '10.244.0.1', replySport: 40999 },
    { client: '10.9.0.1', portal: '192.168.0.5', port: 30053, replySrc: '192.168.0.5', replySport: 40999 },
  ]);
  const portal = { ipFamily: 'IPv4', proxyPorts: [] } as const;
  const portals = [
    { ...portal, ip: '10.96.0.10', port: 53 },
    { ...portal, ip: '10.96.0.10', port: 54 },
    { ...portal, ip: '', port: 30053 },
  ];
  const deleted = await createConntrack(exec, silentLog).deleteStaleUdp(portals, new Set(['192.168.0.5']));
  t.equal(deleted, 2);
  t.same(
    commands.filter((command) => command.startsWith('-L')),
    ['-L -p udp -f ipv4 --orig-dst 10.96.0.10', '-L -p udp -f ipv4 --orig-port-dst 30053'],
  );
});
