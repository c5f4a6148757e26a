// dataplane/linux/shortage-child.ts: starts shortage-program.ts, and talks to it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export interface Look {
  readonly port: number;
  readonly udpPort: number;
  /** undefined: none was left to count with. */
  readonly descriptors?: number;
  readonly opened: number;
  readonly open: number;
  readonly failed: Readonly<Record<string, number>>;
}

export interface ShortageChild {
  readonly pid: number;
  readonly warnings: readonly string[];
  /** 'exit', 'throw', 'close'. */
  tell(command: string): void;
  look(): Promise<Look>;
  /** Its exit status, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Killed when `t` ends, if it is still there. */
export async function shortageChild(t: Test, endpointPort: number): Promise<ShortageChild> {
  const program = new URL('./shortage-program.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, String(endpointPort)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const warnings: string[] = [];
  const waiting: ((look: Look) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Look & { readonly warning?: string };
    if (said.warning !== undefined) warnings.push(said.warning);
    else if (said.port !== undefined) waiting.shift()?.(said);
  });
  const tell = (command: string): void => {
    child.stdin.write(`${command}\n`);
  };
  const look = (): Promise<Look> =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      void ended.then((code) => reject(new Error(`the child has ended with status ${code}`)));
      tell('look');
    });
  await look();
  return { pid: child.pid ?? 0, warnings, tell, look, ended };
}
