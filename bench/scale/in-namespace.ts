// bench/scale/in-namespace.ts: a program of this benchmark inside a namespace, asked one thing at a time over IPC. Its
// other end is answerQuestions().
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';

export interface ProgramHandle<Command> {
  /** Rejects with what the program says went wrong, and when it ends. */
  ask<Answer>(command: Command): Promise<Answer>;
  close(): Promise<void>;
}

interface Question<Command> {
  readonly id: number;
  readonly command: Command;
}

type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

/** @param file beside this one, compiled */
export function startProgram<Command>(namespace: Namespace, file: string): ProgramHandle<Command> {
  const program = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = namespace.spawn([process.execPath, program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return handleOf(child, file);
}

function handleOf<Command>(child: ChildProcess, name: string): ProgramHandle<Command> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(err: Error): void }>();
  let lastId = 0;
  child.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) asked?.reject(new Error(`${name}: ${reply.error}`));
    else asked?.resolve(reply.value);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error(`${name} ended`));
      resolve();
    });
  });
  return {
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
