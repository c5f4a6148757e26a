// What a listener's handle tells its thread, and what it does not bother it with.
import t from 'tap';
import { LinuxListener } from '../../../lib/dataplane/linux/listener.js';
import type { ToThread } from '../../../lib/dataplane/linux/messages.js';
import { blockLength, count, opened } from '../../../lib/dataplane/native/counter-block.js';
import { specOf } from '../conformance/plane.js';

function listener() {
  const posted: ToThread[] = [];
  const block = new Float64Array(blockLength);
  const endpoints = [{ ip: '10.0.0.1', port: 80 }];
  const handle = new LinuxListener(
    { spec: specOf('UDP'), port: 4000, id: 7, place: { place: 0, blocks: [block] } },
    { endpoints, replyAddresses: ['10.0.0.5', '10.0.0.6'] },
    { post: (message) => posted.push(message), settle: () => {}, close: async () => {} },
  );
  handle.firstEndpoints();
  return { handle, posted, block, endpoints };
}

t.test('the same endpoints and addresses again are no news', async (t) => {
  const { handle, posted, endpoints } = listener();
  handle.update({ endpoints, replyAddresses: ['10.0.0.6', '10.0.0.5'] });
  t.same(posted, []);
});

t.test('new endpoints come with the memory for their picks, known ones without', async (t) => {
  const { handle, posted } = listener();
  handle.update({ endpoints: [{ ip: '10.0.0.2', port: 80 }], replyAddresses: ['10.0.0.6', '10.0.0.7'] });
  t.match(posted, [
    { kind: 'endpoints', id: 7, endpoints: [{ ip: '10.0.0.2', port: 80 }], segments: [] },
    { kind: 'forget-locals', id: 7, addresses: ['10.0.0.5'] },
  ]);
  const many = Array.from({ length: 50 }, (_, port) => ({ ip: '10.0.0.3', port: port + 1 }));
  handle.update({ endpoints: many, replyAddresses: ['10.0.0.6', '10.0.0.7'] });
  t.match(posted.at(-1), { kind: 'endpoints', segments: [SharedArrayBuffer] });
});

t.test('a frozen listener keeps its counters, whoever counts at its place then', async (t) => {
  const { handle, block } = listener();
  count(block, opened, 3);
  handle.freeze();
  count(block, opened, 100);
  t.equal(handle.counters().opened, 3);
});

t.test('a closed listener is told nothing', async (t) => {
  const { handle, posted } = listener();
  t.equal(handle.close(), handle.close());
  handle.update({ endpoints: [], replyAddresses: [] });
  t.same(posted, []);
});
