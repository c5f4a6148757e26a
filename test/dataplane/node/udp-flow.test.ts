// One client's way to one endpoint.
import t from 'tap';
import { UdpFlow, type UdpFlowEvents } from '../../../lib/dataplane/node/udp-flow.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { refusingUdpPort } from '../../support/refusing-port.js';
import { udpEcho } from '../conformance/udp-peers.js';
import { eventually } from '../conformance/waiting.js';

/** A flow to the first of `endpoints` that can be connected, with all that it told. */
function flowTo(endpoints: readonly EndpointAddress[]) {
  const left = [...endpoints];
  const told: string[] = [];
  const events: UdpFlowEvents = {
    bufferBytes: 262_144,
    warn: (text) => told.push(text),
    picked: ({ port }) => told.push(`picked ${endpoints.findIndex((endpoint) => endpoint.port === port)}`),
    reply: (datagram) => told.push(`reply ${datagram}`),
    answered: () => told.push('answered'),
    setAside: ({ port }) =>
      told.push(`set aside ${endpoints.findIndex((endpoint) => endpoint.port === port)}`),
    failed: (reason) => told.push(`failed ${reason}`),
  };
  const flow = new UdpFlow({ next: () => left.shift() }, events);
  return { flow, told };
}

t.test('what is sent before the socket is connected goes out when it is', async (t) => {
  const { flow, told } = flowTo([await udpEcho(t)]);
  t.teardown(() => flow.close());
  flow.send(Buffer.from('early'));
  flow.open();
  flow.send(Buffer.from('soon'));
  await eventually('both are answered', () => told.includes('reply soon'));
  t.same(told, ['picked 0', 'answered', 'reply early', 'reply soon']);
});

t.test('what waits for the socket is bounded', async (t) => {
  const { flow, told } = flowTo([await udpEcho(t)]);
  t.teardown(() => flow.close());
  for (let count = 0; count < 5; count++) flow.send(Buffer.alloc(60_000, 'x'));
  t.same(told, ['UDP datagrams dropped, the endpoint is still being connected']);
  flow.open();
  await eventually('four are answered', () => told.filter((line) => line.startsWith('reply')).length === 4);
});

t.test('an endpoint that can not be connected is set aside for the next one', async (t) => {
  const { flow, told } = flowTo([{ ip: '127.0.0.1', port: 70_000 }, await udpEcho(t)]);
  t.teardown(() => flow.close());
  flow.send(Buffer.from('x'));
  flow.open();
  await eventually('it is answered', () => told.includes('reply x'));
  t.same(told.slice(1, 3), ['set aside 0', 'picked 1']);
});

t.test('without a candidate it fails, and sending is harmless', async (t) => {
  const { flow, told } = flowTo([]);
  flow.open();
  flow.send(Buffer.from('x'));
  t.same(told, ['failed no-candidate']);
});

t.test('a refusal ends it, once', async (t) => {
  const { flow, told } = flowTo([await refusingUdpPort(t)]);
  flow.open();
  flow.send(Buffer.from('one'));
  flow.send(Buffer.from('two'));
  await eventually('it has failed', () => told.includes('failed refused'));
  flow.send(Buffer.from('three'));
  flow.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(told, ['picked 0', 'UDP flow broken', 'set aside 0', 'failed refused']);
});
