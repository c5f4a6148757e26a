// What every file in lib/ owes its reader: a comment on top that says what it is, a length one can take in, and a test.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type LibSource, readLibSources } from './support/lib-sources.js';

/** Files with behaviour and no test file of the same name: the tests that cover them, and why. */
const testedElsewhere: Readonly<Record<string, { readonly by: string; readonly why: string }>> = {
  'cli/data-planes.ts': { by: 'cli/version.test.ts', why: 'one list, printed by the version' },
  'cli/flag.ts': {
    by: 'cli/value-kinds.test.ts',
    why: 'types, and the error that every parser there throws',
  },
  'cli/inquiry-flags.ts': { by: 'cli/flags.test.ts', why: 'tables, checked with the others there' },
  'compose/cleanup.ts': { by: 'integration/flush.test.ts', why: 'glue: seen as a command with real rules' },
  'compose/data-plane.ts': {
    by: 'integration/bad-input.test.ts',
    why: 'glue: seen when descriptors run out',
  },
  'compose/demo-sctp-ask.ts': { by: 'demo/endpoints.test.ts', why: 'a program, asked there' },
  'compose/demo-sctp-echo.ts': { by: 'demo/endpoints.test.ts', why: 'a program, started there' },
  'compose/log.ts': { by: 'compose/process-guard.test.ts', why: 'glue: seen as lines on stderr' },
  'compose/sctp-plane.ts': {
    by: 'integration/sctp-changes.test.ts',
    why: 'glue: seen as SCTP that is served, or not',
  },
  'admin/routes.ts': { by: 'integration/explain-live.test.ts', why: 'asked by the commands there' },
  'admin/client.ts': { by: 'admin/server.test.ts', why: 'the other end of the same socket' },
  'compose/admin.ts': { by: 'integration/explain.test.ts', why: 'glue: the socket of the whole program' },
  'compose/explain.ts': { by: 'integration/explain.test.ts', why: 'glue: seen as a command' },
  'compose/explain-looks.ts': {
    by: 'integration/explain.test.ts',
    why: 'glue: real rules, ports and endpoints',
  },
  'compose/explain-manifests.ts': { by: 'integration/explain-live.test.ts', why: 'glue: seen as a command' },
  'compose/status.ts': { by: 'integration/explain-live.test.ts', why: 'glue: seen as a command' },
  'compose/top.ts': { by: 'integration/explain-live.test.ts', why: 'glue: seen as a command' },
  'explain/sentence.ts': { by: 'explain/verdict.test.ts', why: 'words of every verdict' },
  'explain/verdict-code.ts': { by: 'integration/explain.test.ts', why: 'types' },
  'explain/portal-text.ts': { by: 'integration/explain.test.ts', why: 'seen in verdicts' },
  'model/endpoint-reasons.ts': { by: 'integration/explain.test.ts', why: 'seen as verdicts' },
  'proxier/listener-numbers.ts': { by: 'integration/explain-live.test.ts', why: 'what status counts' },
  'proxier/process-facts.ts': { by: 'integration/explain-live.test.ts', why: 'the head of status' },
  'compose/run.ts': { by: 'integration/cluster-ip.test.ts', why: 'glue: seen as the whole program' },
  'dataplane/native/abi/constants.ts': {
    by: 'dataplane/native/abi/layouts.test.ts',
    why: 'numbers, compared in C',
  },
  'dataplane/linux/chunk-pool.ts': { by: 'dataplane/linux/one-way.test.ts', why: 'its only user' },
  'dataplane/linux/counter-segment.ts': {
    by: 'dataplane/linux/counter-places.test.ts',
    why: 'where places lie, seen from both threads',
  },
  'dataplane/linux/messages.ts': {
    by: 'dataplane/linux/thread-connections.test.ts',
    why: 'types',
  },
  'dataplane/native/native-memory.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'addresses mean something to the kernel alone',
  },
  'dataplane/native/packet-info.ts': {
    by: 'dataplane/linux/datagram-batch.test.ts',
    why: 'what the kernel writes, and takes back',
  },
  'dataplane/linux/route-slab.ts': {
    by: 'dataplane/linux/datagram-batch.test.ts',
    why: 'seen as replies that arrive',
  },
  'dataplane/linux/self-test/datagrams.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'each struct is put out of place there',
  },
  'dataplane/linux/self-test/families.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'what datagrams.ts reads and writes',
  },
  'dataplane/linux/self-test/loopback.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'its sockets',
  },
  'dataplane/linux/self-test/message-headers.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'its memory',
  },
  'dataplane/linux/self-test/scratch.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'what is left open is counted there',
  },
  'dataplane/linux/self-test/streams.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'each struct is put out of place there',
  },
  'dataplane/native/syscalls.ts': {
    by: 'dataplane/linux/self-test.test.ts',
    why: 'the declarations of C functions',
  },
  'dataplane/linux/tcp-port.ts': { by: 'dataplane/linux/data-plane.test.ts', why: 'conformance: listening' },
  'dataplane/sctp-peer/association.ts': {
    by: 'dataplane/sctp-peer/stack.test.ts',
    why: 'seen as messages that come back',
  },
  'dataplane/sctp-peer/connect.ts': { by: 'dataplane/sctp-peer/stack.test.ts', why: 'every test of it' },
  'dataplane/sctp-peer/echo-server.ts': { by: 'dataplane/sctp-peer/stack.test.ts', why: 'every test of it' },
  'dataplane/sctp-peer/probe.ts': {
    by: 'dataplane/sctp-peer/stack.test.ts',
    why: 'needs raw sockets, as that does',
  },
  'dataplane/sctp-peer/raw-ipv4.ts': {
    by: 'dataplane/sctp-peer/stack.test.ts',
    why: 'every packet of it',
  },
  'dataplane/sctp-peer/seat.ts': {
    by: 'dataplane/sctp-peer/stack.test.ts',
    why: 'one for each association of it',
  },
  'dataplane/sctp-terminate/child-process.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'seen as a child that comes back',
  },
  'dataplane/sctp-terminate/child.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'the child that it starts',
  },
  'dataplane/sctp-terminate/messages.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'types and a number',
  },
  'dataplane/sctp-terminate/terminated-association.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'every message through it',
  },
  'dataplane/sctp-terminate/terminating-listener.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'seen as its counters',
  },
  'dataplane/sctp-terminate/terminator.ts': {
    by: 'dataplane/sctp-terminate/data-plane.test.ts',
    why: 'what the child does',
  },
  'dataplane/sctp/listen-failure.ts': {
    by: 'dataplane/sctp/permission.test.ts',
    why: 'seen where raw sockets are forbidden',
  },
  'dataplane/linux/udp-flows.ts': { by: 'dataplane/linux/udp-port.test.ts', why: 'conformance: datagrams' },
  'dataplane/sctp/raw/constants.ts': {
    by: 'dataplane/native/abi/layouts.test.ts',
    why: 'numbers, compared in C',
  },
  'dataplane/sctp/raw/syscalls.ts': {
    by: 'dataplane/sctp/raw/raw-sockets.test.ts',
    why: 'the declarations of C functions',
  },
  'dataplane/sctp/relay/counters.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'seen as what is counted',
  },
  'dataplane/sctp/relay/endpoint-side.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'seen as packets that come back',
  },
  'dataplane/sctp/relay/flow.ts': {
    by: 'dataplane/sctp/relay/flow-table.test.ts',
    why: 'what the table holds',
  },
  'dataplane/sctp/relay/leg.ts': {
    by: 'dataplane/sctp/relay/leg-table.test.ts',
    why: 'what the table holds',
  },
  'dataplane/sctp/relay/options.ts': { by: 'dataplane/sctp/options.test.ts', why: 'its defaults' },
  'dataplane/sctp/relay/packet.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'every packet there is one',
  },
  'dataplane/sctp/relay/path-errors.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'seen as ICMP errors that arrive',
  },
  'dataplane/sctp/relay/relay-listener.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'what INITs are for',
  },
  'dataplane/sctp/relay/targets.ts': { by: 'dataplane/sctp/relay/attempts.test.ts', why: 'whom INITs go to' },
  'dataplane/sctp/relay/transport.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'an interface and a number',
  },
  'dataplane/sctp/wire/answers.ts': {
    by: 'dataplane/sctp/relay/relay.test.ts',
    why: 'seen as packets that are sent',
  },
  'dataplane/sctp/wire/format.ts': { by: 'dataplane/sctp/wire/chunks.test.ts', why: 'numbers and offsets' },
  'dataplane/sctp/wire/ip-header.ts': { by: 'dataplane/sctp/wire/icmp.test.ts', why: 'what errors quote' },
  'dataplane/sctp/worker.ts': { by: 'dataplane/sctp/thread-handle.test.ts', why: 'the thread it starts' },
  'dataplane/linux/udp-flow.ts': { by: 'dataplane/linux/udp-port.test.ts', why: 'conformance: datagrams' },
  'dataplane/native/wake.ts': {
    by: 'dataplane/linux/threads.test.ts',
    why: 'nothing would happen without it',
  },
  'dataplane/linux/worker.ts': { by: 'dataplane/linux/threads.test.ts', why: 'the thread it starts' },
  'sources/file/parse-json.ts': {
    by: 'sources/file/documents.test.ts',
    why: 'tables for JSON and YAML alike',
  },
  'sources/file/parse-yaml.ts': {
    by: 'sources/file/documents.test.ts',
    why: 'tables for JSON and YAML alike',
  },
  'sources/file/read-documents.ts': { by: 'sources/file/manifest-content.test.ts', why: 'its only caller' },
  'sources/file/schema.ts': { by: 'sources/file/decode.test.ts', why: 'seen as messages with places' },
  'sources/file/yaml-worker.ts': { by: 'sources/file/yaml-thread.test.ts', why: 'the thread it starts' },
  'proxier/data-plane.ts': { by: 'proxier/listener-set.test.ts', why: 'an interface, its error and a table' },
  'proxier/log.ts': { by: 'proxier/problems.test.ts', why: 'a type and a logger that says nothing' },
};

const longest = 400;

const sources = readLibSources();

/** What is wrong with the comment on top; undefined: nothing. */
function headerProblem({ path, text }: LibSource): string | undefined {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const length = lines.findIndex((line) => !line.startsWith('//'));
  const [first = ''] = lines;
  if (!first.startsWith(`// ${path}: `)) return `the first line does not start with "// ${path}: "`;
  if (first.length < `// ${path}: `.length + 10) return 'the first line does not say what the file is';
  return length > 6 || length < 0 ? 'the comment on top is longer than 6 lines' : undefined;
}

/** Types are erased: of a file that holds nothing else the compiler leaves `export {};`. */
function isTypesOnly(path: string): boolean {
  if (path.endsWith('.d.ts')) return true;
  const code = readFileSync(join('dist/lib', path.replace(/\.ts$/, '.js')), 'utf8');
  return (
    code
      .replaceAll(/^\/\/.*$/gm, '')
      .replaceAll(/\/\*.*?\*\//gs, '')
      .trim() === 'export {};'
  );
}

t.test('every file in lib/ opens with its own path and what it is, in at most 6 lines', async (t) => {
  for (const source of sources) t.equal(headerProblem(source), undefined, source.path);
});

t.test('no file in lib/ is longer than 400 lines', async (t) => {
  for (const { path, text } of sources) {
    t.ok(text.split('\n').length - 1 <= longest, path);
  }
});

t.test('every file in lib/ with behaviour has a test file of the same name', async (t) => {
  for (const { path } of sources) {
    const mirror = join('test', path.replace(/\.ts$/, '.test.ts'));
    const elsewhere = testedElsewhere[path];
    if (elsewhere !== undefined) t.ok(existsSync(join('test', elsewhere.by)), elsewhere.by);
    else if (!isTypesOnly(path)) t.ok(existsSync(mirror), mirror);
  }
});

t.test('the list of files tested elsewhere holds no file that is gone or has its own test', async (t) => {
  for (const path of Object.keys(testedElsewhere)) {
    t.ok(existsSync(join('lib', path)), path);
    t.notOk(existsSync(join('test', path.replace(/\.ts$/, '.test.ts'))), path);
  }
});

t.test('the check of the comment finds what is wrong', async (t) => {
  const table: readonly [text: string, expected: RegExp | undefined][] = [
    ['// a/b.ts: what this is, in a sentence.\nexport {};\n', undefined],
    ['#!/usr/bin/env node\n// a/b.ts: what this is, in a sentence.\nexport {};\n', undefined],
    ['export {};\n', /does not start/],
    ['// a/c.ts: what this is, in a sentence.\n', /does not start/],
    ['// a/b.ts: x\nexport {};\n', /does not say/],
    [`// a/b.ts: what this is, in a sentence.\n${'// more\n'.repeat(6)}export {};\n`, /longer than 6/],
  ];
  for (const [text, expected] of table) {
    const problem = headerProblem({ path: 'a/b.ts', text });
    if (expected === undefined) t.equal(problem, undefined, text);
    else t.match(problem, expected, text);
  }
});
