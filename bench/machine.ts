// bench/machine.ts: what a table of numbers was measured on, as markdown.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { withSystemFolders } from '../lib/proxier/exec.js';

/** Bullet points: machine, kernel, versions, date and the command that made the table. */
export function describeRun(command: string, now: Date): readonly string[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 2 ** 30);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  return [
    `Machine: ${cpus().length} x ${model}, ${memory} GiB, Linux ${release()}`,
    `Versions: kube-portal ${version}, Node.js ${process.version}, ${iptablesVersion()}`,
    `User: ${process.getuid?.() === 0 ? 'root' : 'an ordinary one, in user namespaces'}`,
    `Date: ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `Command: \`${command}\``,
  ];
}

function iptablesVersion(): string {
  const env = { ...process.env, PATH: withSystemFolders(process.env.PATH) };
  return execFileSync('iptables', ['--version'], { encoding: 'utf8', env }).trim();
}
