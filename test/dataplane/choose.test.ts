// Which data plane runs, and what is said about it.
import t from 'tap';
import { chooseDataPlane, probeLinux } from '../../lib/dataplane/choose.js';
import { selfTest } from '../../lib/dataplane/linux/self-test.js';
import { layouts } from '../../lib/dataplane/native/abi/layouts.js';
import type { Log } from '../../lib/proxier/log.js';

const works = async (): Promise<void> => {};

interface Line {
  readonly level: 'info' | 'warn';
  readonly fields: unknown;
  readonly message: unknown;
}

/** Everything that is said. */
function listen(): { readonly log: Log; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const on = (level: Line['level']) => (fields: unknown, message?: unknown) =>
    void lines.push({ level, fields, message });
  const never = (): never => {
    throw new Error('nothing else is to be said');
  };
  return { lines, log: { trace: never, debug: never, info: on('info'), warn: on('warn'), error: never } };
}

/** As koffi throws where it has no binary for the machine. */
const noKoffi = async (): Promise<never> => {
  throw new Error('Cannot find the native Koffi module; did you bundle it correctly?\n  at somewhere');
};

const wrongLayout = async (): Promise<void> =>
  probeLinux(async () => ({
    selfTest: () => selfTest({ ...layouts, linger: { ...layouts.linger, seconds: 8 } }),
  }));

t.test('auto takes linux where it works', async (t) => {
  const { log, lines } = listen();
  const reason = 'its self-test passed';
  t.same(await chooseDataPlane('auto', works, log), { kind: 'linux', reason });
  t.equal(lines.length, 1);
  t.match(lines[0], { level: 'info', fields: { dataPlane: 'linux', reason }, message: /^data plane linux:/ });
});

const failures: readonly (readonly [what: string, probe: () => Promise<void>, says: string])[] = [
  [
    'koffi can not be loaded',
    () => probeLinux(noKoffi),
    'koffi, which calls the kernel, can not be loaded: Cannot find the native Koffi module; did you bundle it correctly?',
  ],
  [
    'a struct is not what we think it is',
    wrongLayout,
    'self-test: struct linger differs: {1, 7} came back as {1, 0}, 8 bytes',
  ],
];
for (const [what, probe, says] of failures) {
  t.test(`${what}: auto takes node, with one warning that says why`, async (t) => {
    const { log, lines } = listen();
    const reason = `linux does not work here: ${says}`;
    t.same(await chooseDataPlane('auto', probe, log), { kind: 'node', reason });
    t.equal(lines.length, 1);
    t.match(lines[0], {
      level: 'warn',
      fields: { dataPlane: 'node', reason, err: { message: says } },
      message: /^data plane node:/,
    });
  });

  t.test(`${what}: linux asked for is an error that says why, and nothing else`, async (t) => {
    const { log, lines } = listen();
    await t.rejects(chooseDataPlane('linux', probe, log), {
      message: `--data-plane linux: linux does not work here: ${says}`,
      cause: { message: says },
    });
    t.same(lines, []);
  });
}

t.test('node asked for is node, and nothing is tried out', async (t) => {
  const { log, lines } = listen();
  let probed = false;
  const probe = async (): Promise<void> => {
    probed = true;
  };
  t.same(await chooseDataPlane('node', probe, log), { kind: 'node', reason: 'asked for' });
  t.notOk(probed);
  t.match(lines, [{ level: 'info', fields: { dataPlane: 'node' } }]);
});

t.test('linux asked for is linux', async (t) => {
  const { log, lines } = listen();
  t.same(await chooseDataPlane('linux', works, log), { kind: 'linux', reason: 'asked for' });
  t.match(lines, [{ level: 'info', fields: { dataPlane: 'linux', reason: 'asked for' } }]);
});

t.test('on this machine the self-test passes', async (t) => {
  await t.resolves(probeLinux());
});
