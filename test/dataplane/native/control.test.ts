// What threads share: the cap on connections, and who has seen which message.
import t from 'tap';
import { Control, createControlMemory } from '../../../lib/dataplane/native/control.js';

t.test('TCP and UDP share the cap', async (t) => {
  const control = new Control(createControlMemory(1));
  control.setMax(3);
  t.same(
    [control.take('tcp'), control.take('udp'), control.take('tcp'), control.take('udp')],
    [true, true, true, false],
  );
  t.same([control.tcpConnections, control.udpClients], [2, 1]);
  control.release('udp');
  t.ok(control.take('tcp'));
  control.setMax(Number.POSITIVE_INFINITY);
  t.ok(control.take('tcp') && control.take('udp'), 'no cap');
});

t.test('UDP takes no more than half of the cap, in whichever thread; TCP all of it', async (t) => {
  const memory = createControlMemory(2);
  const threads = [new Control(memory), new Control(memory)];
  threads[0]?.setMax(10);
  const takeAll = (kind: 'tcp' | 'udp'): number => {
    let taken = 0;
    while (threads[taken % 2]?.take(kind)) taken++;
    return taken;
  };
  t.equal(takeAll('udp'), 5);
  t.equal(takeAll('tcp'), 5);
  for (let count = 0; count < 5; count++) threads[count % 2]?.release('udp');
  t.equal(takeAll('tcp'), 5);
  t.equal(takeAll('udp'), 0);
});

t.test('the last connection of a draining data plane is known', async (t) => {
  const control = new Control(createControlMemory(1));
  control.setMax(5);
  control.take('tcp');
  t.notOk(control.release('tcp'), 'it does not drain');
  control.take('tcp');
  control.take('tcp');
  control.drain();
  t.same([control.release('tcp'), control.release('tcp')], [false, true]);
});

t.test('waiting for a thread ends when it has handled everything, or when time is up', async (t) => {
  const control = new Control(createControlMemory(2));
  const startedMs = performance.now();
  control.awaitHandled(1, 1000);
  t.ok(performance.now() - startedMs < 500, 'nothing was posted');
  control.posting(1);
  t.ok(control.hasMessages(1));
  t.notOk(control.hasMessages(0));
  control.awaitHandled(1, 30);
  t.ok(performance.now() - startedMs >= 29);
  control.handled(1);
  t.notOk(control.hasMessages(1));
});

t.test('each thread has its own words', async (t) => {
  const memory = createControlMemory(3);
  const control = new Control(memory);
  control.setLoad(1, 400.4);
  control.setSleeping(2, true);
  control.stop(0);
  const other = new Control(memory);
  t.same(other.loads(), [0, 400, 0]);
  t.same(
    [0, 1, 2].map((thread) => other.isSleeping(thread)),
    [false, false, true],
  );
  t.same(
    [0, 1, 2].map((thread) => other.isStopping(thread)),
    [true, false, false],
  );
});
