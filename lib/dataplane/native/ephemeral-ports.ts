// dataplane/native/ephemeral-ports.ts: the local ports from which the kernel chooses one for a dial (ip-sysctl.txt).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Both inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export const everyPort: PortRange = { first: 1, last: 65_535 };

/** Of this network namespace, for both IP families; every port where that can't be read. */
export function readEphemeralPorts(procRoot: string): PortRange {
  try {
    return parsePortRange(readFileSync(join(procRoot, 'sys/net/ipv4/ip_local_port_range'), 'utf8'));
  } catch {
    return everyPort;
  }
}

/** `32768	60999`; every port for what is not written so. */
export function parsePortRange(text: string): PortRange {
  const [, first, last] = /^(\d+)\s+(\d+)$/.exec(text.trim()) ?? [];
  return first === undefined || last === undefined ? everyPort : { first: Number(first), last: Number(last) };
}
