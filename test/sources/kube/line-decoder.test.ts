import t from 'tap';
import { createLineDecoder } from '../../../lib/sources/kube/line-decoder.js';

t.test('lines are whole wherever the pieces end', async (t) => {
  const text = Buffer.from('{"a":1}\n\r\n{"zoë":"€"}\r\n{"b":');
  for (let cut = 0; cut <= text.length; cut += 1) {
    const decoder = createLineDecoder(1000);
    const lines = [...decoder.push(text.subarray(0, cut)), ...decoder.push(text.subarray(cut))];
    t.strictSame(lines, ['{"a":1}', '{"zoë":"€"}'], `cut at ${cut}`);
    t.equal(decoder.pendingBytes(), 5);
  }
});

t.test('byte by byte', async (t) => {
  const decoder = createLineDecoder(1000);
  const lines = [...Buffer.from('one\ntwo\n')].flatMap((byte) => decoder.push(Buffer.from([byte])));
  t.strictSame(lines, ['one', 'two']);
  t.equal(decoder.pendingBytes(), 0);
});

t.test('an endless line is refused', async (t) => {
  const decoder = createLineDecoder(10);
  decoder.push(Buffer.from('123456'));
  t.throws(() => decoder.push(Buffer.from('78901')), { name: 'RangeError' });
});
