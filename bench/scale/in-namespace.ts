// bench/scale/in-namespace.ts: a program of this benchmark inside a namespace, asked over IPC. Its other end is
// answerQuestions().
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { type Program, programOf } from '../shared/program.js';

/** @param file beside this one, compiled */
export function startProgram<Command>(namespace: Namespace, file: string): Program<Command> {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = namespace.spawn([process.execPath, path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return programOf(child, file);
}
