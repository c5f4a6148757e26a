// What the theatre adds to its parts: numbered requests, waiting.
import t from 'tap';
import type { Reply } from '../../lib/demo/reply.js';
import { clock as clockService, web } from '../../lib/demo/services.js';
import { createTheatre } from '../../lib/demo/theatre.js';
import { fakeClock } from '../support/fake-clock.js';
import { createFakeWorld } from '../support/fake-theatre.js';

function theatreThatAsks(reply: Reply) {
  const asked: string[] = [];
  const clock = fakeClock();
  const theatre = createTheatre({
    ...createFakeWorld().theatre,
    clock,
    shell: async (place, command) => `${place}: ${command}`,
    askUrls: async (place, urls) => {
      asked.push(`${place}: ${urls.join(' ')}`);
      return [reply];
    },
  });
  return { theatre, clock, asked };
}

t.test('every request has a number of its own', async (t) => {
  const { theatre, asked } = theatreThatAsks({ id: '/', error: 'E' });
  await theatre.ask('pods', web, 2);
  await theatre.ask('node', clockService, 1);
  await theatre.askEndpoint('node', web, '10.244.0.11');
  await theatre.askEndpoint('node', clockService, '10.244.0.21');
  t.same(asked, [
    'pods: http://10.96.0.80/1 http://10.96.0.80/2',
    'node: udp://10.96.0.37:37/3',
    'node: http://10.244.0.11:8080/4',
    'node: udp://10.244.0.21:3737/5',
  ]);
});

t.test('metrics are the text, or nothing while the proxy is away', async (t) => {
  const there = theatreThatAsks({ id: '/metrics', text: 'x 1', clientPort: 1 });
  t.equal(await there.theatre.metrics(), 'x 1');
  t.same(there.asked, ['node: http://127.0.0.1:10249/metrics']);
  t.equal(await theatreThatAsks({ id: '/metrics', error: 'ECONNREFUSED' }).theatre.metrics(), '');
  t.equal(await there.theatre.save(), 'node: fake-save');
});

t.test('eventually: tries until there is something, or until the deadline', async (t) => {
  const { theatre, clock } = theatreThatAsks({ id: '/', error: 'E' });
  let tries = 0;
  const third = theatre.eventually(
    async () => (++tries === 3 ? 'third' : undefined),
    clock.monotonic() + 1_000,
  );
  await clock.advance(1_000);
  t.equal(await third, 'third');
  t.equal(tries, 3);
  const never = theatre.eventually(async () => undefined, clock.monotonic() + 1_000);
  await clock.advance(2_000);
  t.equal(await never, undefined);
});

t.test('replies are handed over once their endpoints have logged them, or after a second', async (t) => {
  const { theatre, clock } = theatreThatAsks({ id: '/1', text: 'hello at nowhere:1', clientPort: 1 });
  let over = false;
  const asked = theatre.ask('pods', web, 1).then(() => {
    over = true;
  });
  await clock.advance(900);
  t.equal(over, false);
  await clock.advance(200);
  await asked;
  t.equal(over, true);
});
