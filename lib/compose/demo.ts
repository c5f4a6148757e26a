// compose/demo.ts: `kube-portal demo`: joins the demo to the edges it looks through, and answers for how it ends.
import { fileURLToPath } from 'node:url';
import { createLogger } from '../cli/logging.js';
import type { DemoOptions } from '../cli/options.js';
import { parseConntrackLine } from '../conntrack/entries.js';
import { tellEnd, tellHowToGoOn, tellPrologue } from '../demo/frame.js';
import { isRootless } from '../demo/namespace-holder.js';
import { type OpenTheatre, openTheatre } from '../demo/open-theatre.js';
import { perform } from '../demo/performance.js';
import { createStory, type Story } from '../demo/story.js';
import { chooseTools } from '../iptables/variant.js';
import { systemClock } from '../proxier/clock.js';
import { type Log, silentLog } from '../proxier/log.js';
import { stopSignals } from './stop-signal.js';

const besideThis = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const program = besideThis('../main.js');
const examples = besideThis('../../../examples/demo/');

/** Between scenes, for whoever reads along; a program or a file needs no time. */
const pauseMs = 1_700;

/** As a shell reports an end by SIGINT. */
const interruptedStatus = 130;

/** Ctrl-C ends the demo's helpers too, and their end may be noticed before the signal is. */
const signalDelayMs = 200;

/** Exit status: 0 when all that was claimed happened, 1 when not or when it could not be shown, 130 when interrupted. */
export async function demo(options: DemoOptions): Promise<number> {
  const clock = systemClock;
  const log = options.verbosity > 0 ? logOf(options) : silentLog;
  const signals = stopSignals();
  const stdout = openStdout();
  const interrupted = Promise.race([signals.first, stdout.broken]).then(() => 'interrupted' as const);
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const story = createStory({
    write: stdout.write,
    colour,
    clock,
    pauseMs: process.stdout.isTTY ? pauseMs : 0,
  });
  const opening = openTheatre({
    program,
    examples,
    chooseFirewall: async (exec) => {
      const { variant, infix } = await chooseTools(exec, options.iptablesVariant);
      return { variant, list: `iptables${infix}`, save: `iptables${infix}-save` };
    },
    parseFlow: parseConntrackLine,
    sctpPrograms: { echo: besideThis('demo-sctp-echo.js'), ask: besideThis('demo-sctp-ask.js') },
    withholdRules: options.break === 'rules',
    dataPlane: options.dataPlane,
    verbosity: options.verbosity,
    clock,
    log,
  });
  const performance = opening.then((open) => play(open, story, options));
  try {
    const outcome = await Promise.race([performance, interrupted]);
    if (outcome === 'interrupted') return interruptedStatus;
    if (options.keep) {
      await tellKept(opening, story);
      await interrupted;
    }
    return outcome ? 0 : 1;
  } catch (err) {
    const late = new Promise<void>((resolve) => clock.after(signalDelayMs, resolve));
    if ((await Promise.race([interrupted, late])) === 'interrupted') return interruptedStatus;
    log.debug({ err }, 'the demo could not be shown');
    process.stderr.write(`kube-portal demo: ${err instanceof Error ? err.message : String(err)}\n`);
    return 1;
  } finally {
    stdout.mute();
    await opening.then(
      (open) => open.close(),
      () => {},
    );
    // Interrupted: it fails now that its namespaces are gone, and nobody needs to know.
    await performance.catch(() => {});
    signals.close();
  }
}

async function play({ theatre }: OpenTheatre, story: Story, options: DemoOptions): Promise<boolean> {
  const startedMs = theatre.clock.monotonic();
  const manifests = theatre.manifests.directory;
  tellPrologue(story, { rootless: isRootless(), withholdRules: options.break === 'rules', manifests });
  await theatre.proxy.start();
  await story.pause();
  const allHold = await perform(theatre, story);
  tellEnd(story, allHold, theatre.clock.monotonic() - startedMs);
  return allHold;
}

async function tellKept(opening: Promise<OpenTheatre>, story: Story): Promise<void> {
  const { stage, theatre } = await opening;
  tellHowToGoOn(story, { ...stage, manifests: theatre.manifests.directory });
}

interface Stdout {
  write(text: string): void;
  /** Nothing is written any more. */
  mute(): void;
  /** Resolves when whoever read it is gone (`| head`). */
  readonly broken: Promise<void>;
}

function openStdout(): Stdout {
  let muted = false;
  const mute = (): void => {
    muted = true;
  };
  const broken = new Promise<void>((resolve) => {
    process.stdout.on('error', () => {
      mute();
      resolve();
    });
  });
  return { broken, mute, write: (text) => void (muted || process.stdout.write(text)) };
}

function logOf({ loggingFormat, verbosity }: DemoOptions): Log {
  const { stderr } = process;
  return createLogger({ format: loggingFormat, verbosity, stream: stderr, colorize: stderr.isTTY });
}
