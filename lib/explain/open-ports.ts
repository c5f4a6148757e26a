// explain/open-ports.ts: which ports somebody listens on in this network namespace, as /proc/net tells. SCTP is not among
// them: its listeners have raw sockets, which have no port.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IpFamily } from '../model/ip.js';

export interface OpenPorts {
  /** undefined: it can't be told. */
  isOpen(protocol: 'TCP' | 'UDP' | 'SCTP', ipFamily: IpFamily, port: number): boolean | undefined;
}

/** State 0A of net/tcp_states.h. */
const listening = '0A';

const files = [
  { protocol: 'TCP', ipFamily: 'IPv4', file: 'tcp' },
  { protocol: 'TCP', ipFamily: 'IPv6', file: 'tcp6' },
  { protocol: 'UDP', ipFamily: 'IPv4', file: 'udp' },
  { protocol: 'UDP', ipFamily: 'IPv6', file: 'udp6' },
] as const;

/** @param procRoot where proc is mounted */
export async function readOpenPorts(procRoot = '/proc'): Promise<OpenPorts> {
  const open = new Map<string, ReadonlySet<number>>();
  for (const { protocol, ipFamily, file } of files) {
    // A kernel without IPv6 has no tcp6.
    const text = await readFile(join(procRoot, 'self/net', file), 'utf8').catch(() => undefined);
    if (text !== undefined) open.set(`${protocol} ${ipFamily}`, portsIn(text, protocol === 'TCP'));
  }
  return { isOpen: (protocol, ipFamily, port) => open.get(`${protocol} ${ipFamily}`)?.has(port) };
}

/** Lines such as `  0: 0100007F:1F90 00000000:0000 0A …`: local and remote address, state; hexadecimal. */
export function portsIn(text: string, onlyListening: boolean): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    if (Number.isNaN(port) || (onlyListening && state !== listening)) continue;
    ports.add(port);
  }
  return ports;
}
