// dataplane/conformance/affinity.ts: session affinity: who keeps its endpoint, for how long, and what moves it elsewhere.
// How many pins a listener remembers is balance/session-affinity.test.ts's.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import type { ListenerConfig } from '../../../lib/proxier/data-plane.js';
import { refusingTcpPort, refusingUdpPort } from '../../support/refusing-port.js';
import { configOf, failures, type MakePlane, planeFor, specOf } from './plane.js';
import { request, sayName, silentEndpoint, tcpEndpoint } from './tcp-peers.js';
import { udpEndpoint, udpSocket } from './udp-peers.js';
import { eventually } from './waiting.js';

const [one, two, three] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

export function affinityTests(t: Test, makePlane: MakePlane): void {
  const named = (t: Test, names: string): Promise<EndpointAddress[]> =>
    Promise.all([...names].map((name) => tcpEndpoint(t, sayName(name))));

  const sticky = (
    endpoints: readonly EndpointAddress[],
    affinityTimeoutMs = 60_000,
    parts: Partial<ListenerConfig> = {},
  ): ListenerConfig => configOf(endpoints, [], { affinityTimeoutMs, ...parts });

  /** Who answers a connection of each of these clients, one after the other. */
  async function answers(t: Test, port: number, ...clients: string[]): Promise<string> {
    let names = '';
    for (const client of clients) names += (await request(t, port, '', one, client)).data.toString();
    return names;
  }

  t.test('with affinity a client keeps its endpoint, and clients go round', async (t) => {
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky(await named(t, 'abc')), 0);
    t.equal(await answers(t, listener.port, one, one, two, one, three, two), 'aabacb');
    t.equal(failures(listener), 0);
  });

  t.test('first connections that a client opens at the same time get the same endpoint', async (t) => {
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky(await named(t, 'abc')), 0);
    const names = await Promise.all(Array.from({ length: 12 }, () => answers(t, listener.port, one)));
    t.equal(names.join(''), 'a'.repeat(12));
  });

  t.test('a pin lasts until its client was away for the timeout', async (t) => {
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky(await named(t, 'ab'), 1200), 0);
    let names = '';
    for (let round = 0; round < 5; round++) {
      names += await answers(t, listener.port, one);
      await sleep(350);
    }
    t.equal(names, 'aaaaa', 'each connection renews it: together they took longer than the timeout');
    await sleep(1000);
    t.equal(await answers(t, listener.port, one), 'b');
  });

  t.test('the timeout changes live, and affinity goes on and off', async (t) => {
    const endpoints = await named(t, 'abc');
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), configOf(endpoints), 0);
    t.equal(await answers(t, listener.port, one, one, one, one), 'abca');
    listener.update(sticky(endpoints));
    t.equal(await answers(t, listener.port, one, one, two), 'bbc', 'on');
    await sleep(200);
    listener.update(sticky(endpoints, 100));
    t.equal(await answers(t, listener.port, one), 'a', 'shorter, for the pins that are there');
    listener.update(sticky(endpoints, 60_000));
    await sleep(200);
    t.equal(await answers(t, listener.port, one), 'a', 'longer, for the pins that are there');
    listener.update(configOf(endpoints));
    t.equal(await answers(t, listener.port, one, one, one), 'bca', 'off');
    listener.update(sticky(endpoints));
    t.equal(await answers(t, listener.port, two, two), 'bb', 'on again: what was before is forgotten');
  });

  t.test('a dial that fails moves the client to the endpoint that answers, for good', async (t) => {
    const [live] = await named(t, 'a');
    const [other] = await named(t, 'b');
    const endpoints = [await refusingTcpPort(t), live, other].flatMap((endpoint) => endpoint ?? []);
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky(endpoints), 0);
    t.equal(await answers(t, listener.port, one, one, one, one), 'aaaa');
    t.equal(failures(listener), 0);
  });

  t.test('a client that waits for a silent endpoint and comes again has one pin in the end', async (t) => {
    const [live] = await named(t, 'a');
    const [other] = await named(t, 'b');
    const endpoints = [await silentEndpoint(t), live, other].flatMap((endpoint) => endpoint ?? []);
    const plane = planeFor(t, makePlane, { dialTimeoutMs: 300 });
    const listener = await plane.open(specOf('TCP'), sticky(endpoints), 0);
    const both = await Promise.all([answers(t, listener.port, one), answers(t, listener.port, one)]);
    t.same(both, ['a', 'a']);
    t.equal(await answers(t, listener.port, one, one), 'aa');
  });

  t.test('pins of an endpoint that left are dropped, others stay', async (t) => {
    const [a, b, c] = (await named(t, 'abc')) as [EndpointAddress, EndpointAddress, EndpointAddress];
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky([a, b, c]), 0);
    t.equal(await answers(t, listener.port, one, two), 'ab');
    listener.update(sticky([b, c]));
    t.equal(await answers(t, listener.port, one, two), 'cb');
    listener.update(sticky([a, b, c]));
    t.equal(await answers(t, listener.port, one, two, one), 'cbc', 'one that joins takes nobody away');
    listener.update(sticky([]));
    t.equal((await request(t, listener.port)).end, 'reset');
    listener.update(sticky([a, b, c]));
    t.equal(await answers(t, listener.port, two, one, two), 'aba', 'from zero endpoints: all anew');
  });

  t.test('a client of a resting endpoint moves when it comes, and stays pinned until then', async (t) => {
    const [a, b, c] = (await named(t, 'abc')) as [EndpointAddress, EndpointAddress, EndpointAddress];
    const listener = await planeFor(t, makePlane).open(specOf('TCP'), sticky([a, b, c]), 0);
    t.equal(await answers(t, listener.port, one, two), 'ab');
    listener.update(sticky([c], 60_000, { resting: [a, b] }));
    t.equal(await answers(t, listener.port, one, three), 'cc', 'no new connection to a resting endpoint');
    listener.update(sticky([a, b, c]));
    t.equal(await answers(t, listener.port, one, two), 'cb');
  });

  t.test('each port of a Service has pins of its own, TCP and UDP alike', async (t) => {
    const plane = planeFor(t, makePlane);
    const config = sticky(await named(t, 'ab'));
    const udpConfig = sticky([await udpEndpoint(t, () => 'a'), await udpEndpoint(t, () => 'b')]);
    const web = await plane.open(specOf('TCP'), config, 0);
    const admin = await plane.open(specOf('TCP', 'IPv4', 'admin'), config, 0);
    const dns = await plane.open(specOf('UDP'), udpConfig, 0);
    t.equal(await answers(t, web.port, two, one, two), 'aba');
    t.equal(await answers(t, admin.port, one, two, one), 'aba');
    const client = await udpSocket(t, { ip: one });
    t.equal(String((await client.ask('?', dns.port)).data), 'a');
  });

  t.test('UDP: every flow of a client goes to its endpoint', async (t) => {
    const endpoints = [await udpEndpoint(t, () => 'a'), await udpEndpoint(t, () => 'b')];
    const listener = await planeFor(t, makePlane).open(specOf('UDP'), sticky(endpoints), 0);
    const ask = async (ip: string): Promise<string> =>
      String((await (await udpSocket(t, { ip })).ask('?', listener.port, one)).data);
    let names = '';
    for (const client of [one, one, two, one, two]) names += await ask(client);
    t.equal(names, 'aabab');
    listener.update(sticky(endpoints.slice(1)));
    t.equal(await ask(one), 'b');
    listener.update(sticky(endpoints));
    t.equal(await ask(one), 'b', 'it was pinned anew');
    listener.update(configOf(endpoints));
    t.not(await ask(one), await ask(one), 'off: it goes round');
  });

  t.test('UDP: an endpoint that refuses loses its clients', async (t) => {
    const endpoints = [
      await refusingUdpPort(t),
      ...(await Promise.all(['a', 'b'].map((name) => udpEndpoint(t, () => name)))),
    ];
    const listener = await planeFor(t, makePlane).open(specOf('UDP'), sticky(endpoints), 0);
    const client = await udpSocket(t, { ip: one });
    client.send('lost', listener.port, one);
    await eventually('the refusal is noticed', () => listener.counters().failed['endpoint-reset'] === 1);
    const names = new Set<string>();
    for (let number = 0; number < 4; number++) {
      const again = await udpSocket(t, { ip: one });
      names.add(String((await again.ask('?', listener.port)).data));
    }
    t.equal(names.size, 1, 'and all go to the same other one');
  });

  t.test('UDP: a client that was away for the timeout begins anew', async (t) => {
    const endpoints = [await udpEndpoint(t, () => 'a'), await udpEndpoint(t, () => 'b')];
    const listener = await planeFor(t, makePlane).open(specOf('UDP'), sticky(endpoints, 200), 0);
    const [first, second] = [await udpSocket(t), await udpSocket(t)];
    t.equal(String((await first.ask('?', listener.port)).data), 'a');
    await sleep(300);
    t.equal(String((await second.ask('?', listener.port)).data), 'b');
    t.equal(String((await first.ask('?', listener.port)).data), 'a', 'a flow that goes on stays where it is');
  });
}
