// What one manifest's text says.
import t from 'tap';
import {
  emptyContent,
  type ManifestContent,
  parseManifest,
} from '../../../lib/sources/file/manifest-content.js';

const service = (name: string, port: unknown = 80): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  ports:\n    - port: ${port}\n`;

function read(text: string, previous = emptyContent, path = 'examples/x.yaml'): Promise<ManifestContent> {
  return parseManifest(text, { path, previous, onSkipped: () => {}, isStopped: () => false });
}
const keys = (content: ManifestContent): string[] => [...content.objects.keys()];

t.test('an error names file, line, column, object and field; what is good beside it is read', async (t) => {
  const content = await read(`${service('a')}---\n${service('web', 'http')}---\n${service('b')}`);
  t.strictSame(keys(content), ['Service default/a', 'Service default/b']);
  t.strictSame([...content.refusedKeys], ['Service default/web']);
  t.equal(content.incomplete, false);
  t.strictSame(content.problems, [
    {
      severity: 'error',
      text: 'examples/x.yaml:15:13: Service default/web: spec.ports[0].port: expected a number from 1 to 65535, got "http"',
    },
  ]);
});

t.test('a syntax error makes the reading incomplete', async (t) => {
  const content = await read(`${service('a')}---\nkind: [\n`);
  t.match(content, {
    incomplete: true,
    hasSyntaxError: true,
    problems: [{ text: /^examples\/x\.yaml:10:1: / }],
  });
  t.strictSame(keys(content), ['Service default/a']);
});

t.test('an object without a name makes the reading incomplete, though its syntax is good', async (t) => {
  t.match(await read('apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {}\n'), {
    incomplete: true,
    hasSyntaxError: false,
  });
});

t.test('of an object that is there twice the first is taken, and the second told', async (t) => {
  const text = `${service('a', 1)}---\n${service('a', 2)}`;
  const content = await read(text);
  t.match(content.objects.get('Service default/a')?.json, /"port":1}/);
  t.match(content.problems, [
    { severity: 'warning', text: /^examples\/x\.yaml:9:1: Service default\/a: is in this file already/ },
  ]);
  t.strictSame((await read(text, content)).problems, content.problems, 'each time');
});

t.test('a document that did not change is not parsed again, wherever it stands', async (t) => {
  const first = await read(`${service('a')}---\n${service('b')}`);
  const second = await read(`---\n${service('new')}---\n${service('b')}`, first);
  t.strictSame(keys(second), ['Service default/new', 'Service default/b']);
  t.equal(second.objects.get('Service default/b'), first.objects.get('Service default/b'), 'the very same');
});

t.test('many problems are counted, and some told', async (t) => {
  const content = await read(Array.from({ length: 30 }, (_, i) => service(`s${i}`, 0)).join('---\n'));
  t.equal(content.objects.size, 30);
  t.equal(content.problems.length, 20);
  t.equal(content.moreProblems, 10);
  t.match(content.problems[0], {
    severity: 'warning',
    text: /:7:13: .*spec\.ports\[0]\.port: expected .* got 0$/,
  });
});

t.test('a file large enough for a thread says the same as a small one', async (t) => {
  const documents = Array.from({ length: 6000 }, (_, i) => service(`s${i}`, i === 5000 ? 'http' : i + 1));
  const content = await read(documents.join('---\n'));
  t.equal(content.objects.size, 5999);
  t.match(content.problems, [
    {
      text: 'examples/x.yaml:40007:13: Service default/s5000: spec.ports[0].port: expected a number from 1 to 65535, got "http"',
    },
  ]);
  t.match(content.objects.get('Service default/s5999')?.json, /"port":6000}/);

  const json = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [...content.objects.values()].map((held) => ({ apiVersion: 'v1', ...JSON.parse(held.json) })),
  });
  const same = await read(json, emptyContent, 'x.json');
  t.strictSame([...same.objects.values()], [...content.objects.values()]);
});

t.test('a reading that is stopped ends early', async (t) => {
  let asked = 0;
  const text = Array.from({ length: 50 }, (_, i) => service(`s${i}`)).join('---\n');
  const content = await parseManifest(text, {
    path: 'x.yaml',
    previous: emptyContent,
    onSkipped: () => {},
    isStopped: () => {
      asked += 1;
      return asked > 5;
    },
  });
  t.ok(content.objects.size < 10);
});
