// The image, as far as it can be tried without a container engine: the Dockerfile is read, its build stage is replayed
// in a scratch folder by plain processes, and what the final stage copies is run from another one.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t from 'tap';

interface Instruction {
  readonly name: string;
  /** Continued lines joined. */
  readonly text: string;
}

/** Comments dropped; one list of instructions per stage (the first holds what comes before the first FROM). */
function readStages(path: string): readonly (readonly Instruction[])[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Instruction[][] = [[]];
  for (const line of lines) {
    const [name = '', ...words] = line.split(' ');
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, text: words.join(' ') });
  }
  return stages;
}

/** npm needs its time on a busy machine. */
t.setTimeout(60_000);

const [preamble = [], buildStage = [], finalStage = [], ...rest] = readStages('Dockerfile');

/** Sources and destination of a COPY, its --from dropped. */
function readCopy(text: string): { readonly sources: readonly string[]; readonly destination: string } {
  const words = text.split(' ').filter((word) => !word.startsWith('--'));
  return { sources: words.slice(0, -1), destination: words.at(-1) ?? '' };
}

/** Docker's rule: a folder's contents are copied, a file goes into a destination that ends with a slash. */
function replayCopy(
  from: string,
  into: string,
  copy: string,
  place: (from: string, to: string) => void,
): void {
  const { sources, destination } = readCopy(copy);
  for (const source of sources) {
    const target = destination.endsWith('/')
      ? join(into, destination, basename(source))
      : join(into, destination);
    mkdirSync(dirname(target), { recursive: true });
    place(join(from, source), target);
  }
}

function copyTree(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}

t.test('two stages on one image of the long-term Node.js release', async (t) => {
  t.same(rest, []);
  t.same(preamble, [{ name: 'ARG', text: 'NODE_IMAGE=node:26-bookworm-slim' }]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own spelling of an argument.
  const image = '${NODE_IMAGE}';
  t.same(buildStage[0], { name: 'FROM', text: `${image} AS build` });
  t.same(finalStage[0], { name: 'FROM', text: image });
});

t.test('the final image has the packet filter’s tools', async (t) => {
  const install = finalStage.find(({ name }) => name === 'RUN')?.text ?? '';
  for (const name of ['iptables', 'conntrack', 'iproute2']) {
    t.match(install, new RegExp(`apt-get install .* ${name}\\b`));
  }
});

t.test('whatever is copied from the context is there, and is let in by .dockerignore', async (t) => {
  const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
  t.ok(ignore.includes('*'), 'all is left out but what is named');
  const copies = buildStage.filter(({ name }) => name === 'COPY');
  t.ok(copies.length > 0);
  for (const source of copies.flatMap(({ text }) => readCopy(text).sources)) {
    t.ok(existsSync(source), source);
    t.ok(ignore.includes(`!${source}`), `!${source}`);
  }
});

t.test('the build stage builds, and what the final stage copies runs on its own', async (t) => {
  // Outside the project, so that no node_modules above it can help.
  const scratch = mkdtempSync(join(tmpdir(), 'kube-portal-image-'));
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
  const build = join(scratch, 'build');
  const image = join(scratch, 'image');
  for (const { name, text } of buildStage) {
    if (name === 'COPY') replayCopy('.', join(build, 'app'), text, copyTree);
    if (name !== 'RUN') continue;
    const run = spawnSync('sh', ['-c', text], { cwd: join(build, 'app'), encoding: 'utf8' });
    t.equal(run.status, 0, `${text}\n${run.stdout}${run.stderr}`);
    if (run.status !== 0) return;
  }
  for (const { name, text } of finalStage) {
    // Moved, not copied: it is 100 MB, and the build folder is done with.
    if (name === 'COPY') replayCopy(build, join(image, 'app'), text, renameSync);
  }
  t.notOk(existsSync(join(image, 'app/node_modules/typescript')), 'no development packages');

  const entrypoint = finalStage.find(({ name }) => name === 'ENTRYPOINT')?.text ?? '[]';
  const [program, script = '', ...more] = JSON.parse(entrypoint) as string[];
  t.same([program, ...more], ['node']);
  const [, linked] = /ln -s (\S+) \/usr\/local\/bin\/kube-portal/.exec(JSON.stringify(finalStage)) ?? [];
  t.equal(linked, script, 'it can be called by its name as well');
  const args = [join(image, script), 'version'];
  const version = spawnSync(process.execPath, args, { cwd: '/', encoding: 'utf8', env: {} });
  t.match(version, { status: 0, stderr: '', stdout: /^kube-portal \d+\.\d+\.\d+, Node\.js v.*\n$/ });

  // koffi's binary for the machine is a package of its own, which no install script fetched.
  const probe = join(image, 'app/dist/lib/dataplane/choose.js');
  const code = `import(${JSON.stringify(probe)}).then(({ probeLinux }) => probeLinux())`;
  const selfTest = spawnSync(process.execPath, ['-e', code], { cwd: '/', encoding: 'utf8', env: {} });
  t.match(selfTest, { status: 0, stderr: '' }, 'the linux data plane passes its self-test there');
});
