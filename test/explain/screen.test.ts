// A terminal's alternate screen, on a terminal that is none: what is written to it, and what a key does.
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import t, { type Test } from 'tap';
import { openScreen } from '../../lib/explain/screen.js';

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';

function open(columns: number | undefined, isTTY = true) {
  const written: string[] = [];
  const raw: boolean[] = [];
  const keys = new EventEmitter();
  const output = { columns, rows: columns, write: (text: string) => written.push(text) };
  const input = Object.assign(keys, {
    isTTY,
    setRawMode: (on: boolean) => raw.push(on),
    resume: () => keys,
    pause: () => keys,
  });
  const screen = openScreen(
    output as unknown as WriteStream,
    input as unknown as Parameters<typeof openScreen>[1],
  );
  return { screen, written, raw, keys };
}

const exitListeners = () => process.listenerCount('exit');

t.test('is entered, drawn over, and left once; nothing is left behind', async (t) => {
  const before = exitListeners();
  const { screen, written, raw, keys } = open(100);
  screen.draw(['one', 'two']);
  t.same(written, [enter, '\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J']);
  await screen.close();
  await screen.close();
  screen.draw(['late']);
  t.same(written.slice(2), [leave], 'once, and nothing is drawn afterwards');
  t.same(raw, [true, false]);
  t.equal(keys.listenerCount('data'), 0);
  t.equal(exitListeners(), before);
});

async function quits(t: Test, keys: string): Promise<void> {
  const { screen, keys: input } = open(100);
  input.emit('data', Buffer.from(keys));
  await screen.quit;
  await screen.close();
  t.pass(JSON.stringify(keys));
}

t.test('q, Ctrl-C and Ctrl-D end it, also within what was pasted', async (t) => {
  for (const keys of ['q', 'Q', '\x03', '\x04', 'abcq']) await quits(t, keys);
  const { screen, keys } = open(100);
  keys.emit('data', Buffer.from('x'));
  const outcome = await Promise.race([
    screen.quit.then(() => 'quit'),
    new Promise((resolve) => setImmediate(resolve, 'goes on')),
  ]);
  t.equal(outcome, 'goes on', 'other keys do nothing');
  await screen.close();
});

t.test('a terminal that knows no size has 80 by 24', async (t) => {
  for (const columns of [0, undefined]) {
    const { screen } = open(columns);
    t.same(screen.size(), { columns: 80, rows: 24 });
    await screen.close();
  }
  const { screen } = open(100);
  t.same(screen.size(), { columns: 100, rows: 100 });
  await screen.close();
});

t.test('an input that is no terminal is left alone', async (t) => {
  const { screen, raw, keys } = open(100, false);
  t.equal(keys.listenerCount('data'), 0);
  await screen.close();
  t.same(raw, []);
});
