// Replies wait for the end of the turn, or for whoever needs them gone, and leave once, with their own sender.
import t, { type Test } from 'tap';
import { batchSize } from '../../../lib/dataplane/linux/datagram-headers.js';
import { toPeer } from '../../../lib/dataplane/linux/outgoing-batch.js';
import { ReplyBatch, type ReplySender } from '../../../lib/dataplane/linux/reply-batch.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { UdpSockets } from './udp-sockets.js';

function started(t: Test) {
  const all = new UdpSockets();
  const loop = new EpollLoop(new Descriptors(1, createOwnerTable()), (error) => {
    throw error;
  });
  const replies = new ReplyBatch(loop);
  const [endpoint, flow] = [all.bound('IPv4', '127.0.0.1'), all.bound('IPv4', '127.0.0.1')];
  all.connect(endpoint, '127.0.0.1', flow.port);
  const memory = new NativeMemory(2048);
  const answer = (count: number): void => {
    for (let sent = 0; sent < count; sent++) sys.send(endpoint.fd, memory.address, 10, 0);
  };
  const told: string[] = [];
  const sender = (name: string): ReplySender => ({
    sendReplies: (outgoing) => told.push(`${name} ${outgoing.firstOf(outgoing.messages)}`),
  });
  t.teardown(() => {
    loop.close();
    all.close();
  });
  return { flow, replies, answer, told, sender, turn: () => loop.turn(0, () => {}) };
}

t.test('what several flows received in a turn leaves at its end, once', async (t) => {
  const { flow, replies, answer, told, sender, turn } = started(t);
  const one = sender('one');
  answer(4);
  t.equal(replies.receiveOne(flow.fd, toPeer(false), one), 10);
  t.equal(replies.receive(flow.fd, toPeer(false), one), 30);
  t.ok(replies.receive(flow.fd, toPeer(false), one) < 0, 'no more');
  t.ok(replies.receiveOne(flow.fd, toPeer(false), one) < 0);
  t.same(told, []);
  turn();
  t.same(told, ['one 4']);
  turn();
  answer(1);
  t.equal(replies.receiveOne(flow.fd, toPeer(false), one), 10);
  replies.flush();
  t.same(told, ['one 4', 'one 1'], 'or when it is asked for');
  turn();
  t.equal(told.length, 2);
});

t.test('another listener, and a full batch, make those that wait leave', async (t) => {
  const { flow, replies, answer, told, sender, turn } = started(t);
  const [one, other] = [sender('one'), sender('other')];
  answer(3);
  replies.receiveOne(flow.fd, toPeer(false), one);
  replies.receiveOne(flow.fd, toPeer(false), other);
  t.same(told, ['one 1']);
  replies.receiveOne(flow.fd, toPeer(false), one);
  t.same(told, ['one 1', 'other 1']);
  answer(batchSize + 5);
  t.equal(replies.receive(flow.fd, toPeer(false), one), 10 * (batchSize - 1), 'what there is room for');
  t.equal(told.length, 2);
  t.equal(replies.receiveOne(flow.fd, toPeer(false), one), 10);
  t.equal(told[2], `one ${batchSize}`);
  t.equal(replies.receive(flow.fd, toPeer(false), one), 50);
  turn();
  t.same(told.slice(3), ['one 6']);
});
