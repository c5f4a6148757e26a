// dataplane/choose.ts: which data plane runs, and why. Only compose/ asks; the log line and the metric are what an
// operator sees of it.
import type { Log } from '../proxier/log.js';

export type DataPlaneKind = 'node' | 'linux';
export type DataPlaneChoice = 'auto' | DataPlaneKind;

export interface ChosenDataPlane {
  readonly kind: DataPlaneKind;
  /** For people: `asked for`, `its self-test passed`, or what keeps `linux` from running here. */
  readonly reason: string;
}

/**
 * auto: `linux` where it works, else `node`. Rejects where `linux` was asked for and does not work: somebody relies on
 * what it costs, and is better told than served at several times that. One line is logged in any case.
 * @param probe loads what `linux` needs and tries it out; rejects with what does not work
 */
export async function chooseDataPlane(
  choice: DataPlaneChoice,
  probe: () => Promise<void>,
  log: Log,
): Promise<ChosenDataPlane> {
  const askedFor = 'asked for';
  if (choice === 'node') {
    log.info({ dataPlane: choice, reason: askedFor }, 'data plane node: JavaScript sockets');
    return { kind: choice, reason: askedFor };
  }
  try {
    await probe();
  } catch (err) {
    const reason = `linux does not work here: ${err instanceof Error ? err.message : String(err)}`;
    if (choice === 'linux') throw new Error(`--data-plane linux: ${reason}`, { cause: err });
    log.warn(
      { dataPlane: 'node', reason, err },
      'data plane node: linux, which costs far less, does not work here',
    );
    return { kind: 'node', reason };
  }
  const reason = choice === 'linux' ? askedFor : 'its self-test passed';
  log.info({ dataPlane: 'linux', reason }, 'data plane linux: system calls in threads of their own');
  return { kind: 'linux', reason };
}

/** What the self-test needs is loaded with it: koffi, and libc through it. */
export type LoadSelfTest = () => Promise<{ selfTest(): void }>;

const loadSelfTest: LoadSelfTest = () => import('./linux/self-test.js');

/** koffi may be missing, or have no binary for this machine: that is an answer, not a fault. */
export async function probeLinux(load: LoadSelfTest = loadSelfTest): Promise<void> {
  const { selfTest } = await load().catch((err: unknown) => {
    const [firstLine = ''] = (err instanceof Error ? err.message : String(err)).split('\n');
    throw new Error(`koffi, which calls the kernel, can not be loaded: ${firstLine}`, { cause: err });
  });
  selfTest();
}
