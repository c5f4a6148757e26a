// Lines of a stream, however they were cut.
import { PassThrough } from 'node:stream';
import t from 'tap';
import { readLines } from '../../lib/demo/line-reader.js';
import { fakeClock, settle } from '../support/fake-clock.js';

t.test('lines are put together from pieces, multi-byte characters too', async (t) => {
  const stream = new PassThrough();
  const heard: string[] = [];
  const reader = readLines(stream, fakeClock(), (line) => heard.push(line));
  const bytes = Buffer.from('one\ntwo → three\nrest');
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  await settle();
  t.same(reader.lines, ['one', 'two → three']);
  t.same(heard, reader.lines);
  stream.destroy();
  await settle();
  t.same(heard, ['one', 'two → three', 'rest'], 'the end of the stream ends the line');
});

t.test('waiting finds a line of the past and one of the future', async (t) => {
  const stream = new PassThrough();
  const reader = readLines(stream, fakeClock());
  stream.write('ready 1\n');
  await settle();
  t.equal(await reader.waitFor((line) => line.startsWith('ready'), 10), 'ready 1');
  const later = reader.waitFor((line) => line === 'later', 10);
  stream.write('other\nlater\n');
  t.equal(await later, 'later');
});

t.test('waiting ends with its time, and leaves no timer', async (t) => {
  const clock = fakeClock();
  const reader = readLines(new PassThrough(), clock);
  const never = reader.waitFor(() => true, 100);
  await clock.advance(100);
  t.equal(await never, undefined);
  t.equal(clock.waiting(), 0);
});

t.test('waiting ends with the stream', async (t) => {
  const clock = fakeClock();
  const stream = new PassThrough();
  const reader = readLines(stream, clock);
  const never = reader.waitFor(() => false, 100);
  stream.destroy();
  t.equal(await never, undefined);
  t.equal(clock.waiting(), 0);
  t.equal(await reader.waitFor(() => true, 100), undefined, 'and afterwards at once');
});
