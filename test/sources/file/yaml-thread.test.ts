// YAML parsed in another thread.
import t from 'tap';
import type { YamlPiece } from '../../../lib/sources/file/yaml-pieces.js';
import { startYamlThread } from '../../../lib/sources/file/yaml-thread.js';

const piece = (text: string, isItem = false): YamlPiece => ({ text, firstLine: 1, isItem });

t.test('values come back as JSON, in order; what is not well-formed does not', async (t) => {
  const thread = startYamlThread();
  t.teardown(() => thread.close());
  const reply = await thread.parse([
    piece('a: 1\n'),
    piece('b: [\n'),
    piece('# nothing\n'),
    piece('- c: x\n', true),
  ]);
  t.strictSame(reply, ['{"a":1}', undefined, 'null', '{"c":"x"}']);
  t.strictSame(await thread.parse([piece('d: 2\n')]), ['{"d":2}']);
});

t.test('a thread that is gone leaves everything to be parsed here', async (t) => {
  const thread = startYamlThread();
  const waiting = thread.parse([piece('a: 1\n')]);
  await thread.close();
  t.ok([0, 1].includes((await waiting).length));
  t.strictSame(await thread.parse([piece('a: 1\n')]), []);
});
