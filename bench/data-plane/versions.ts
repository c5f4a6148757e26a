// bench/data-plane/versions.ts: the versions of what the data planes are compared with, and of the tools of the load.
import { type Exec, systemExec } from '../../lib/proxier/exec.js';

const programs: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['HAProxy', ['haproxy', '-v']],
  ['nginx', ['nginx', '-v']],
  ['wrk', ['wrk', '-v']],
  ['iperf3', ['iperf3', '--version']],
];

/** One bullet point. */
export async function describePrograms(exec: Exec = systemExec): Promise<string> {
  const found = await Promise.all(
    programs.map(async ([name, [file = '', ...args]]) => {
      const { stdout, stderr } = await exec(file, args);
      return `${name} ${/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? 'of unknown version'}`;
    }),
  );
  return `Compared with and loaded by: ${found.join(', ')}`;
}
