// When a changed file is ready to be read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Clock } from '../../../lib/proxier/clock.js';
import { silentLog } from '../../../lib/proxier/log.js';
import { ManifestStates } from '../../../lib/sources/file/manifest-states.js';

const node = (name: string): string => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\n`;

function setUp(t: Test, text: string) {
  const root = t.testdir({ 'a.yaml': text });
  let nowMs = 1_000_000;
  const clock: Clock = { now: () => nowMs, monotonic: () => nowMs, after: () => () => {} };
  const states = new ManifestStates(silentLog, clock, () => false);
  const path = join(root, 'a.yaml');
  return {
    states,
    path,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** Milliseconds to wait for a file that was changed `ageMs` ago. */
    refresh: (signature: string, ageMs: number) =>
      states.refresh({ path, root, signature, modifiedMs: nowMs - ageMs }),
    keys: () => states.inOrder().flatMap(({ held }) => [...held.keys()]),
  };
}

t.test('a file is read when it has been left alone for a moment', async (t) => {
  const { states, refresh, pass, keys, path } = setUp(t, node('a'));
  t.equal(await refresh('1', 30), 70);
  t.strictSame(keys(), []);
  t.notOk(states.isComplete([]));
  pass(70);
  t.equal(await refresh('1', 100), 0);
  t.strictSame(keys(), ['Node a']);
  t.ok(states.isComplete([path]));
});

t.test('a file that never rests is read after a second all the same', async (t) => {
  const { refresh, pass, keys } = setUp(t, node('a'));
  for (let i = 0; i < 10; i += 1) {
    t.equal(await refresh(String(i), 0), 100);
    pass(100);
  }
  t.equal(await refresh('10', 0), 0);
  t.strictSame(keys(), ['Node a']);
});

t.test('a syntax error in a fresh file is looked at again before it is believed', async (t) => {
  const { states, refresh, pass, keys, path } = setUp(t, `${node('a')}---\nkind: [`);
  t.equal(await refresh('1', 200), 300);
  t.strictSame(states.inOrder(), []);
  pass(300);
  t.equal(await refresh('1', 500), 0);
  t.match(states.inOrder(), [{ path, content: { hasSyntaxError: true } }]);
  t.strictSame(keys(), ['Node a']);
});

t.test('a fresh file that lost everything is looked at again before it is believed', async (t) => {
  const { refresh, pass, keys, path, states } = setUp(t, node('a'));
  await refresh('1', 1000);
  await writeFile(path, '');
  t.equal(await refresh('2', 200), 300);
  t.ok(states.isWriting());
  t.strictSame(keys(), ['Node a']);
  pass(300);
  t.equal(await refresh('2', 500), 0);
  t.strictSame(keys(), []);
});

t.test('the version tells whether there is anything new to merge', async (t) => {
  const { states, refresh } = setUp(t, node('a'));
  await refresh('1', 1000);
  const { version } = states;
  await refresh('1', 1000);
  t.equal(states.version, version);
  await refresh('2', 1000);
  t.not(states.version, version);
});

t.test('a reading that failed is tried again each time', async (t) => {
  const { states, path, refresh } = setUp(t, node('a'));
  await states.refresh({ path: `${path}.gone`, root: path, signature: '1', modifiedMs: 0 });
  t.match(states.inOrder(), [
    { signature: '', content: { problems: [{ text: `${path}.gone: does not exist` }] } },
  ]);
  t.notOk(states.isComplete([`${path}.gone`]));
  await writeFile(`${path}.gone`, node('b'));
  await states.refresh({ path: `${path}.gone`, root: path, signature: '1', modifiedMs: 0 });
  t.ok(states.isComplete([`${path}.gone`]));
  t.equal(await refresh('1', 1000), 0);
});

t.test("files are forgotten when they are gone, not when they can't be looked at", async (t) => {
  const { states, path, refresh, keys } = setUp(t, node('a'));
  await refresh('1', 1000);
  const none = { files: [], troubles: [], directories: [] };
  states.forgetRemoved({ ...none, troubles: [{ path, message: 'no' }] });
  t.strictSame(keys(), ['Node a']);
  t.strictSame(states.missingFrom(none), [path]);
  states.forgetRemoved(none);
  t.strictSame(keys(), []);
});
