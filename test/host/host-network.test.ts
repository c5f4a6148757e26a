// What is read of a host: against the kernel in the rig's namespaces, and against given answers for what is rare.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { ip, type Namespace } from '../../lib/demo/namespaces.js';
import { createHostNetwork } from '../../lib/host/host-network.js';
import { IpToolError } from '../../lib/host/links.js';
import type { Clock } from '../../lib/proxier/clock.js';
import { type Exec, ExecError } from '../../lib/proxier/exec.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';
import { createRig } from '../support/rig.js';

const trialProgram = fileURLToPath(new URL('../support/host-trial.js', import.meta.url));

interface Read {
  readonly localAddresses: readonly string[];
  readonly nodeAddress: { readonly IPv4?: string; readonly IPv6?: string };
  readonly withoutAddress: { readonly IPv4: readonly string[]; readonly IPv6: readonly string[] };
}

async function readInside(namespace: Namespace): Promise<Read> {
  const result = await namespace.run([process.execPath, trialProgram]);
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

t.test('in a namespace', async (t) => {
  const rig = await createRig();
  t.teardown(() => rig.close());

  await t.test('the main address is the one of the default route, not the first', async (t) => {
    const { nodeAddress } = await readInside(rig.node);
    t.same(nodeAddress, { IPv4: '192.168.77.1', IPv6: 'fd00:77::1' });
  });

  await t.test('an interface as Calico makes them is found; link-local IPv6 does not count', async (t) => {
    const { withoutAddress } = await readInside(rig.node);
    t.same(withoutAddress, { IPv4: ['cali0'], IPv6: ['cali0'] });
  });

  await t.test('local addresses are all there, loopback and link-local included', async (t) => {
    const { localAddresses } = await readInside(rig.node);
    for (const address of ['127.0.0.1', '::1', '10.244.0.1', 'fd00:10:244::1', '192.168.77.1', 'fe80::1']) {
      t.ok(localAddresses.includes(address), address);
    }
    t.notOk(localAddresses.includes('10.244.0.2'));
  });

  await t.test('ports of a bridge and interfaces that are down don’t count, the bridge does', async (t) => {
    await ip(rig.node, [
      'link add name port0 type veth peer name port1',
      'link add name br0 type bridge',
      'link set dev port0 master br0',
      'link set dev port0 up',
    ]);
    t.same((await readInside(rig.node)).withoutAddress.IPv4, ['cali0']);
    await ip(rig.node, ['link set dev br0 up']);
    t.same((await readInside(rig.node)).withoutAddress.IPv4, ['cali0', 'br0']);
  });

  await t.test('an address on an interface without a carrier is local too', async (t) => {
    await ip(rig.node, [
      'link add name br1 type bridge',
      'address add 172.30.0.1/16 dev br1',
      'link set dev br1 up',
    ]);
    const read = await readInside(rig.node);
    t.ok(read.localAddresses.includes('172.30.0.1'));
    t.equal(read.nodeAddress.IPv4, '192.168.77.1');
  });

  await t.test('without a default route it is the first that is not loopback', async (t) => {
    await ip(rig.node, ['route del default']);
    t.equal((await readInside(rig.node)).nodeAddress.IPv4, '10.244.0.1');
  });
});

/** A host of one's own making: interfaces as the operating system lists them, links as `ip` does, a clock by hand. */
async function madeUp(test: Test, nodeIp?: string) {
  const host = {
    interfaces: { lo: [info('127.0.0.1', true)], eth0: [info('10.0.0.5')] } as Record<
      string,
      NetworkInterfaceInfo[]
    >,
    links: [
      link('lo', ['LOOPBACK', 'UP'], ['127.0.0.1', 'host']),
      link('eth0', ['UP'], ['10.0.0.5', 'global']),
    ],
    names: ['lo', 'eth0'],
    kernelSctp: false,
    nowMs: 0,
    runs: 0,
    fail: undefined as Error | undefined,
    warnings: [] as string[],
  };
  const procRoot = test.testdir({ net: { dev: '' } });
  const exec: Exec = async (_file, args) => {
    host.runs += 1;
    if (host.fail !== undefined) throw host.fail;
    if (args.includes('route')) return { status: 2, stdout: '', stderr: 'Network is unreachable' };
    return { status: 0, stdout: JSON.stringify(host.links), stderr: '' };
  };
  const clock: Clock = { now: () => host.nowMs, monotonic: () => host.nowMs, after: () => () => {} };
  const log: Log = { ...silentLog, warn: (...args: unknown[]) => void host.warnings.push(String(args[1])) };
  const network = createHostNetwork({
    exec,
    clock,
    log,
    procRoot,
    nodeIp,
    interfaces: () => host.interfaces,
  });
  const read = async () => {
    await mkdir(join(procRoot, 'net'), { recursive: true });
    const lines = host.names.map((name) => `  ${name}: 1 2 3\n`);
    await writeFile(join(procRoot, 'net/dev'), `Inter-|\n face |\n${lines.join('')}`);
    if (host.kernelSctp) await mkdir(join(procRoot, 'net/sctp'), { recursive: true });
    else await rm(join(procRoot, 'net/sctp'), { recursive: true, force: true });
    return network.read();
  };
  return { host, read };
}

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, internal, netmask: '', mac: '', cidr: null };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

function link(name: string, flags: readonly string[], ...addresses: readonly (readonly [string, string])[]) {
  return { ifname: name, flags, addr_info: addresses.map(([local, scope]) => ({ local, scope })) };
}

t.test('reading again costs no process, and gives the same object, while nothing changed', async (t) => {
  const { host, read } = await madeUp(t);
  const first = await read();
  const { runs } = host;
  host.nowMs = 1000;
  t.equal(await read(), first);
  t.equal(host.runs, runs);
});

t.test('a new address is seen with the next read', async (t) => {
  const { host, read } = await madeUp(t);
  await read();
  host.interfaces = { ...host.interfaces, eth1: [info('10.9.0.1')] };
  host.links = [...host.links, link('eth1', ['UP'], ['10.9.0.1', 'global'])];
  host.names = ['lo', 'eth0', 'eth1'];
  t.ok((await read()).localAddresses.has('10.9.0.1'));
});

t.test('an interface that goes up without an address is seen within ten seconds', async (t) => {
  const { host, read } = await madeUp(t);
  host.names = ['lo', 'eth0', 'cali1'];
  host.links = [...host.links, link('cali1', [])];
  const before = await read();
  t.same(before.withoutAddress.IPv4, []);
  host.links = [...host.links.slice(0, 2), link('cali1', ['UP'])];
  host.nowMs = 10_000;
  t.same((await read()).withoutAddress.IPv4, ['cali1']);
});

t.test('asking again and hearing the same gives the same object', async (t) => {
  const { host, read } = await madeUp(t);
  const first = await read();
  host.nowMs = 20_000;
  t.equal(await read(), first);
  t.equal(host.runs, 2);
});

t.test('without the ip tool an interface without an address is taken to be in use; said once', async (t) => {
  const { host, read } = await madeUp(t);
  host.fail = new ExecError('missing', 'run ip: ENOENT');
  host.names = ['lo', 'eth0', 'cali1'];
  const state = await read();
  t.same(state.withoutAddress, { IPv4: ['cali1'], IPv6: ['eth0', 'cali1'] });
  t.same(state.nodeAddress, { IPv4: '10.0.0.5' });
  t.same([...state.localAddresses], ['127.0.0.1', '10.0.0.5']);
  host.nowMs = 20_000;
  t.equal(await read(), state);
  t.equal(host.warnings.length, 1);
  t.match(host.warnings[0], /Debian package iproute2/);
});

t.test('an ip tool that fails once leaves what was known', async (t) => {
  const { host, read } = await madeUp(t);
  const first = await read();
  host.fail = new ExecError('timeout', 'run ip: no end');
  host.nowMs = 20_000;
  t.equal(await read(), first);
  t.same(host.warnings, []);
  host.fail = undefined;
  host.interfaces = { ...host.interfaces, eth0: [info('10.0.0.6')] };
  host.links = [link('eth0', ['UP'], ['10.0.0.6', 'global'])];
  t.same((await read()).nodeAddress, { IPv4: '10.0.0.6' });
});

t.test('an ip tool that speaks no JSON is as good as none', async (t) => {
  const { host, read } = await madeUp(t);
  host.links = [];
  host.fail = new IpToolError('BusyBox v1.36.1: invalid option -- j');
  t.same((await read()).nodeAddress, { IPv4: '10.0.0.5' });
  t.equal(host.warnings.length, 1);
});

t.test('an ip tool that fails for once at the start is asked again', async (t) => {
  const { host, read } = await madeUp(t);
  host.fail = new ExecError('timeout', 'run ip: no end');
  await read();
  t.same(host.warnings, []);
  host.fail = undefined;
  host.links = [link('eth0', ['UP'], ['10.0.0.7', 'global'])];
  t.same((await read()).nodeAddress, { IPv4: '10.0.0.7' });
});

t.test('a link-local address is never the main one', async (t) => {
  const { host, read } = await madeUp(t);
  host.links = [link('eth0', ['UP'], ['169.254.3.4', 'link'], ['fe80::2', 'link'])];
  const state = await read();
  t.same(state.nodeAddress, {});
  t.same(state.withoutAddress, { IPv4: [], IPv6: ['eth0'] });
});

t.test('SCTP of the kernel itself is noticed with the next read, and its end', async (t) => {
  const { host, read } = await madeUp(t);
  t.equal((await read()).kernelSctp, false);
  host.kernelSctp = true;
  const loaded = await read();
  t.equal(loaded.kernelSctp, true);
  t.equal(await read(), loaded, 'the same object while nothing changes');
  host.kernelSctp = false;
  t.equal((await read()).kernelSctp, false);
});

t.test('a node IP that was given is the main address of its family, wherever it is', async (t) => {
  const { host, read } = await madeUp(t, '192.0.2.10');
  host.links = [
    link('lo', ['LOOPBACK', 'UP'], ['127.0.0.1', 'host'], ['192.0.2.10', 'global']),
    link('eth0', ['UP'], ['10.0.0.5', 'global'], ['fd00::5', 'global']),
  ];
  t.same((await read()).nodeAddress, { IPv4: '192.0.2.10', IPv6: 'fd00::5' });
  t.same(host.warnings, []);
});

t.test('a node IP that this host does not have is told once, and is taken when it comes', async (t) => {
  const { host, read } = await madeUp(t, '10.0.0.9');
  const [lo] = host.links;
  if (lo === undefined) throw new Error('no loopback');
  t.same((await read()).nodeAddress, { IPv4: '10.0.0.5' });
  host.nowMs = 20_000;
  await read();
  t.match(host.warnings, [/no address of this host/]);
  host.nowMs = 40_000;
  host.links = [lo, link('eth0', ['UP'], ['10.0.0.5', 'global'], ['10.0.0.9', 'global'])];
  t.same((await read()).nodeAddress, { IPv4: '10.0.0.9' });
  t.equal(host.warnings.length, 1);
});
