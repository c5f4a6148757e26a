// compose/top.ts: `kube-portal top`: what each Service does right now, drawn again and again on a terminal; once, where
// there is none.
import { type AdminClient, AdminError, adminClient } from '../admin/client.js';
import type { TopOptions } from '../cli/options.js';
import { type ServiceRate, serviceRates } from '../explain/rates.js';
import { openScreen } from '../explain/screen.js';
import { topLines } from '../explain/top-text.js';
import { systemClock } from '../proxier/clock.js';
import type { ProcessFacts } from '../proxier/process-facts.js';
import type { ServiceRow } from '../proxier/service-rows.js';
import { tellUnreachable } from './status.js';
import { type StopSignals, stopSignals } from './stop-signal.js';

/** Without a terminal: all lines, at any width. */
const unlimited = { columns: 1000, rows: Number.MAX_SAFE_INTEGER };

/** Exit status: 0, or 1 when the process does not answer (any more). */
export async function top({ adminSocket, intervalMs }: TopOptions): Promise<number> {
  const signals = stopSignals();
  try {
    const looker = createLooker(adminClient(adminSocket));
    await looker.look();
    if (process.stdout.isTTY) await draw(looker, intervalMs, signals);
    else {
      await pauseFor(intervalMs, signals.first);
      const { facts, rates } = await looker.look();
      process.stdout.write(`${topLines(facts, rates, unlimited).join('\n')}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    tellUnreachable(error);
    return 1;
  } finally {
    signals.close();
  }
}

interface Look {
  readonly facts: ProcessFacts;
  /** Since the last look; of the first, since ever. */
  readonly rates: readonly ServiceRate[];
}

function createLooker(client: AdminClient): { look(): Promise<Look> } {
  let before: { readonly rows: readonly ServiceRow[]; readonly atMs: number } | undefined;
  return {
    async look() {
      const [facts, rows] = await Promise.all([client.process(), client.services()]);
      const atMs = systemClock.monotonic();
      const rates = serviceRates(before?.rows ?? rows, rows, atMs - (before?.atMs ?? atMs));
      before = { rows, atMs };
      return { facts, rates };
    },
  };
}

async function draw(
  looker: { look(): Promise<Look> },
  intervalMs: number,
  signals: StopSignals,
): Promise<void> {
  const screen = openScreen(process.stdout, process.stdin);
  try {
    const ended = Promise.race([screen.quit, signals.first]).then(() => 'ended' as const);
    do {
      const { facts, rates } = await looker.look();
      screen.draw(topLines(facts, rates, screen.size()));
    } while ((await pauseFor(intervalMs, ended)) !== 'ended');
  } finally {
    await screen.close();
  }
}

/** Resolves with 'ended' when `end` comes first. */
async function pauseFor(pauseMs: number, end: Promise<unknown>): Promise<'ended' | undefined> {
  let cancel = (): void => {};
  const over = new Promise<undefined>((resolve) => {
    cancel = systemClock.after(pauseMs, () => resolve(undefined));
  });
  const outcome = await Promise.race([over, end.then(() => 'ended' as const)]);
  cancel();
  return outcome;
}
