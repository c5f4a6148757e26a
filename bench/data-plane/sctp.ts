// bench/data-plane/sctp.ts: messages of SCTP in one direction, from a client in one namespace to a server in another, by way
// of a third one between them: there the kernel routes them (`direct`), or the relay stands. The peers are usrsctp, so that
// it can be measured where the kernel has no SCTP, and the same in both cases.
import { fileURLToPath } from 'node:url';
import { connectNamespaces, createNamespace, ip, type Namespace } from '../../lib/demo/namespaces.js';
import { eventually } from '../../test/support/eventually.js';
import { compileUsrsctpPeer, type UsrsctpPeer, type UsrsctpServers } from '../../test/support/usrsctp.js';
import { cpuSeconds } from '../shared/process-usage.js';
import { type Program, programOf } from '../shared/program.js';
import type { RelayCommand } from './sctp-relay-program.js';
import type { Measurement } from './works.js';

const near = { node: '10.81.0.1', client: '10.81.0.2' };
const far = { node: '10.82.0.1', server: '10.82.0.2' };
const serverPort = 7000;
const relayPort = 9000;

export interface SctpBench {
  measure(isDirect: boolean, bytes: number, seconds: number): Promise<Measurement>;
  close(): Promise<void>;
}

export async function createSctpBench(): Promise<SctpBench> {
  const peer = await compileUsrsctpPeer();
  const node = await createNamespace('node');
  const opened: Namespace[] = [node];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((namespace) => namespace.close()));
    await peer.close();
  };
  try {
    const client = await createNamespace('client', { family: node });
    opened.push(client);
    const server = await createNamespace('server', { family: node });
    opened.push(server);
    await connect(node, client, server);
    const at = { name: 'sink', ip: far.server, port: serverPort };
    const servers = await peer.serve(server, [at], 'sinks');
    const program = [process.execPath, fileURLToPath(new URL('./sctp-relay-program.js', import.meta.url))];
    const relay = programOf<RelayCommand>(
      node.spawn([...program, String(relayPort), far.server, String(serverPort)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
      'the SCTP relay',
    );
    await relay.ask('ready');
    return { measure: measurer({ peer, client, servers, relay }), close };
  } catch (err) {
    await close();
    throw err;
  }
}

async function connect(node: Namespace, client: Namespace, server: Namespace): Promise<void> {
  await connectNamespaces(
    { namespace: node, interface: 'near', addresses: [`${near.node}/24`] },
    { namespace: client, interface: 'eth0', addresses: [`${near.client}/24`] },
  );
  await connectNamespaces(
    { namespace: node, interface: 'far', addresses: [`${far.node}/24`] },
    { namespace: server, interface: 'eth0', addresses: [`${far.server}/24`] },
  );
  await ip(client, [`route add default via ${near.node}`]);
  await ip(server, [`route add default via ${far.node}`]);
  const { status, stderr } = await node.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  if (status !== 0) throw new Error(`forwarding: ${stderr}`);
}

interface Parts {
  readonly peer: UsrsctpPeer;
  readonly client: Namespace;
  readonly servers: UsrsctpServers;
  readonly relay: Program<RelayCommand>;
}

function measurer({ peer, client, servers, relay }: Parts): SctpBench['measure'] {
  return async (isDirect, bytes, seconds) => {
    const to = isDirect ? { ip: far.server, port: serverPort } : { ip: near.node, port: relayPort };
    const before = servers.served().length;
    const [packets, used] = [await relay.ask<number>('packets'), cpuSeconds([relay.pid])];
    const { sent } = await peer.bulk(client, to, seconds, bytes);
    await eventually('the server has seen the end', () => servers.served().length > before, 20_000);
    const arrived = servers.served()[before];
    if (arrived?.messages !== sent) throw new Error(`${arrived?.messages} of ${sent} messages have arrived`);
    const throughput = arrived.bytes / 1e6 / arrived.seconds;
    if (isDirect) return { throughput };
    const relayed = (await relay.ask<number>('packets')) - packets;
    return { throughput, cpu: ((cpuSeconds([relay.pid]) - used) / relayed) * 1e6 };
  };
}
