// Imports in lib/ only point inward: the table of folders in the architecture document, read from the import lines.
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  type Exceptions,
  edgeFolders,
  importCycles,
  layerViolations,
  pureFolders,
} from './support/layers.js';
import { importsOf, readLibSources } from './support/lib-sources.js';

const exceptions: Exceptions = {
  'model/ip.ts': {
    module: 'node:net',
    reason: 'isIP and SocketAddress parse addresses; no socket is opened',
  },
  'proxier/exec.ts': {
    module: 'node:child_process',
    reason: 'systemExec stands beside the type it implements',
  },
};

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
const dependencies = Object.keys(manifest.dependencies);
const sources = readLibSources();

t.test('every folder imports only what the architecture lets it', async (t) => {
  t.ok(sources.length > 20, 'lib/ was read');
  t.same(layerViolations(sources, exceptions, dependencies), []);
});

t.test('no two files import each other, over however many steps', async (t) => {
  t.same(importCycles(sources), []);
});

t.test('every folder of lib/ has its place in the table', async (t) => {
  const known = ['main.ts', 'compose', 'proxier', ...pureFolders, ...edgeFolders];
  const found = new Set(sources.map((source) => source.path.split('/')[0] ?? ''));
  t.same(
    [...found].filter((folder) => !known.includes(folder)),
    [],
  );
});

t.test('every relative import names a file that is there', async (t) => {
  const paths = new Set(sources.map((source) => source.path));
  const lost = sources.flatMap((source) =>
    importsOf(source).filter(({ file }) => file !== undefined && !paths.has(file)),
  );
  t.same(lost, []);
});

t.test('every exception is still needed', async (t) => {
  const used = sources.flatMap((source) =>
    importsOf(source).map(({ specifier }) => `${source.path} ${specifier}`),
  );
  for (const [path, { module }] of Object.entries(exceptions)) t.ok(used.includes(`${path} ${module}`), path);
});

t.test('the check finds each kind of violation', async (t) => {
  const table: readonly [path: string, text: string, expected: RegExp | undefined][] = [
    ['model/a.ts', "import { b } from '../balance/b.js';", undefined],
    [
      'model/a.ts',
      "import type { b } from '../proxier/b.js';",
      /model\/ may import only model\/, balance\/, rules\//,
    ],
    ['model/a.ts', "import { x } from 'node:net';", /does no I\/O/],
    ['model/ip.ts', "import { x } from 'node:net';", undefined],
    ['model/ip.ts', "import { x } from 'node:fs';", /does no I\/O/],
    ['model/a.ts', "import { parse } from 'yaml';", /runs no package's code/],
    ['model/a.ts', 'export const now = Date.now();', /uses Date\.now/],
    ['rules/a.ts', 'export const at = new Date();', /uses new Date\(\)/],
    ['rules/a.ts', 'export const at = new Date(0);', undefined],
    ['balance/a.ts', 'setTimeout(() => {}, 1);', /uses setTimeout/],
    ['balance/a.ts', 'export const home = process.env.HOME;', /uses process\.env/],
    ['proxier/a.ts', "import type { Logger } from 'pino';", undefined],
    ['proxier/a.ts', "import { type Logger } from 'pino';", undefined],
    ['proxier/a.ts', "import { pino } from 'pino';", /runs no package's code/],
    ['proxier/a.ts', "import { x } from '../iptables/x.js';", /proxier\/ may import only/],
    ['proxier/a.ts', "import { x } from 'node:dgram';", /does no I\/O/],
    ['http/a.ts', "import { x } from '../cli/x.js';", /http\/ may import only/],
    ['http/a.ts', "export { x } from '../iptables/x.js';", /http\/ may import only/],
    ['http/a.ts', "const x = await import('../demo/x.js');", /http\/ may import only/],
    ['http/a.ts', "type X = import('../demo/x.js').X;", /http\/ may import only/],
    ['http/a.ts', 'const x = await import(name);', /must be a literal/],
    ['http/a.ts', "import { x } from '../compose/x.js';", /http\/ may import only/],
    ['http/a.ts', "import { x } from '../../test/x.js';", /outside lib/],
    ['http/a.ts', "import ts from 'typescript';", /not among the dependencies/],
    ['http/a.ts', "import { x } from '@hono/node-server/y';", undefined],
    ['compose/a.ts', "import { x } from '../http/x.js';", undefined],
    ['main.ts', "import { x } from './compose/x.js';", undefined],
    ['dataplane/node/a.ts', "import type { x } from '../linux/x.js';", /do not know each other/],
    ['dataplane/linux/abi/a.ts', "import { x } from '../../node/x.js';", /do not know each other/],
    ['dataplane/linux/abi/a.ts', "import { x } from '../x.js';", undefined],
    ['dataplane/linux/a.ts', "import { x } from '../x.js';", undefined],
    ['dataplane/a.ts', "const x = await import('./linux/x.js');", undefined],
  ];
  for (const [path, text, expected] of table) {
    const found = layerViolations([{ path, text }], exceptions, dependencies).join('\n');
    if (expected === undefined) t.equal(found, '', `${path} ${text}`);
    else t.match(found, expected, `${path} ${text}`);
  }
});

t.test('the check finds cycles', async (t) => {
  const cycle = importCycles([
    { path: 'model/a.ts', text: "import { b } from './b.js';" },
    { path: 'model/b.ts', text: "import { c } from './c.js';" },
    { path: 'model/c.ts', text: "import type { b } from './b.js';" },
  ]);
  t.same(cycle, ['model/b.ts -> model/c.ts -> model/b.ts']);
});
