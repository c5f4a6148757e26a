// dataplane/sctp/raw/kernel-ports.ts: the ports at which the kernel's own SCTP has sockets, in this network namespace. Read
// from /proc: opening a socket to ask would load the module.
import { readFileSync } from 'node:fs';

const defaultPath = '/proc/net/sctp/eps';

/** Empty where the module is not loaded. @param path of the list of endpoints */
export function kernelPorts(path: string = defaultPath): ReadonlySet<number> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return new Set();
  }
  const [header = '', ...lines] = text.split('\n');
  const column = header.trim().split(/\s+/).indexOf('LPORT');
  const ports = lines.map((line) => Number(line.trim().split(/\s+/)[column]));
  return new Set(ports.filter((port) => port > 0));
}
