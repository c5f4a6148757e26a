// dataplane/conformance/claims.ts: a listener that holds a nodePort: that very port or none, and whoever comes is served.
import { createServer } from 'node:net';
import type { Test } from 'tap';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import type { DataPlane } from '../../../lib/proxier/data-plane.js';
import { claimOf, configOf, type MakePlane, planeFor, specOf } from './plane.js';
import { request, sayName, tcpEndpoint } from './tcp-peers.js';
import { udpEndpoint, udpSocket } from './udp-peers.js';

type Protocol = 'TCP' | 'UDP';
const protocols: readonly Protocol[] = ['TCP', 'UDP'];

/** A port that was free a moment ago. */
async function freePort(plane: DataPlane, protocol: Protocol): Promise<number> {
  const listener = await plane.open(specOf(protocol, 'IPv4', 'passing'), configOf([]), 0);
  await listener.close();
  return listener.port;
}

async function endpointOf(t: Test, protocol: Protocol, name: string): Promise<EndpointAddress> {
  return protocol === 'TCP' ? tcpEndpoint(t, sayName(name)) : udpEndpoint(t, () => name);
}

async function ask(t: Test, protocol: Protocol, port: number): Promise<string> {
  if (protocol === 'TCP') return String((await request(t, port)).data);
  return String((await (await udpSocket(t)).ask('?', port)).data);
}

/** Somebody else's: on one address, and ready to share where that can be asked for. */
async function stranger(
  t: Test,
  protocol: Protocol,
): Promise<{ readonly port: number; leave(): Promise<void> }> {
  if (protocol === 'UDP') {
    const socket = await udpSocket(t, { ip: '127.0.0.9', reuseAddr: true });
    const leave = (): Promise<void> => new Promise((resolve) => socket.close(resolve));
    return { port: socket.address().port, leave };
  }
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.9', port: 0 }, resolve));
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stranger does not listen');
  return { port: address.port, leave: () => new Promise((resolve) => server.close(() => resolve())) };
}

export function claimTests(t: Test, makePlane: MakePlane): void {
  for (const protocol of protocols) {
    t.test(`a claim holds its ${protocol} port and serves its clients, beside the proxy port`, async (t) => {
      const plane = planeFor(t, makePlane);
      const port = await freePort(plane, protocol);
      const old = configOf([await endpointOf(t, protocol, 'old')]);
      const proxy = await plane.open(specOf(protocol), old, 0);
      const claim = await plane.open(claimOf(protocol), old, port);
      t.equal(claim.port, port);
      t.ok(claim.spec.claim);
      t.equal(await ask(t, protocol, port), 'old');
      t.equal(await ask(t, protocol, proxy.port), 'old');
      claim.update(configOf([await endpointOf(t, protocol, 'new')]));
      t.equal(await ask(t, protocol, port), 'new');
      await claim.close();
      t.equal(await ask(t, protocol, proxy.port), 'old', 'the proxy port outlives the claim');
      const again = await plane.open(claimOf(protocol), old, port);
      t.equal(again.port, port, 'what was let go can be had again');
    });

    t.test(`a ${protocol} port that a stranger holds is not claimed, nor another one instead`, async (t) => {
      const plane = planeFor(t, makePlane);
      const { port, leave } = await stranger(t, protocol);
      const config = configOf([await endpointOf(t, protocol, 'ours')]);
      const wanted = { name: 'ListenError', reason: 'port-in-use' };
      await t.rejects(plane.open(claimOf(protocol), config, port), wanted);
      await t.rejects(
        plane.open(claimOf(protocol), config, port),
        wanted,
        'the key is free, the port is not',
      );
      await leave();
      const claim = await plane.open(claimOf(protocol), config, port);
      t.equal(claim.port, port);
      t.equal(await ask(t, protocol, port), 'ours');
    });

    t.test(`two claims of one ${protocol} port: the second one is told`, async (t) => {
      const plane = planeFor(t, makePlane);
      const port = await freePort(plane, protocol);
      const config = configOf([await endpointOf(t, protocol, 'first')]);
      await plane.open(claimOf(protocol), config, port);
      const second = plane.open(claimOf(protocol, 'other'), config, port);
      await t.rejects(second, { name: 'ListenError', reason: 'port-in-use' });
      t.equal(await ask(t, protocol, port), 'first');
    });
  }

  t.test('TCP and UDP may claim the same port', async (t) => {
    const plane = planeFor(t, makePlane);
    const port = await freePort(plane, 'TCP');
    for (const protocol of protocols) {
      await plane.open(claimOf(protocol), configOf([await endpointOf(t, protocol, protocol)]), port);
    }
    for (const protocol of protocols) t.equal(await ask(t, protocol, port), protocol);
  });
}
