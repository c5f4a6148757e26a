// bench/shared/program.ts: a child process of a benchmark, asked one thing or several at a time over IPC. Its other end
// is answerQuestions().
import type { ChildProcess } from 'node:child_process';

export interface Program<Command> {
  readonly pid: number;
  /** Rejects with what the program says went wrong, and when it ends. */
  ask<Answer>(command: Command): Promise<Answer>;
  /** The program ends by itself once nobody can ask any more; resolves when it has. */
  close(): Promise<void>;
}

interface Question<Command> {
  readonly id: number;
  readonly command: Command;
}

type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

/** @param child spawned with an `ipc` channel */
export function programOf<Command>(child: ChildProcess, name: string): Program<Command> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(err: Error): void }>();
  let lastId = 0;
  child.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) asked?.reject(new Error(`${name}: ${reply.error}`));
    else asked?.resolve(reply.value);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (status, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${name} ended (${signal ?? status})`));
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    ask: <Answer>(command: Command) =>
      new Promise<Answer>((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve: (value) => resolve(value as Answer), reject });
        const question: Question<Command> = { id, command };
        child.send(question, (err) => {
          if (err) reject(err);
        });
      }),
    close() {
      if (child.connected) child.disconnect();
      return ended;
    },
  };
}

/** In the program: ends the process when nobody can ask any more. */
export function answerQuestions<Command>(answer: (command: Command) => Promise<unknown>): void {
  process.on('message', ({ id, command }: Question<Command>) => {
    answer(command).then(
      (value) => process.send?.({ id, value }),
      (err: unknown) => process.send?.({ id, error: err instanceof Error ? err.message : String(err) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
