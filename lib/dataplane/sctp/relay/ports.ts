// dataplane/sctp/relay/ports.ts: the proxy ports: who listens there, and whether associations of an earlier listener still
// need the port.
import type { IpFamily } from '../../../model/ip.js';
import type { RelayListener } from './relay-listener.js';

export interface ProxyPort {
  /** Undefined: nobody listens, but old associations go on. */
  listener: RelayListener | undefined;
  flows: number;
}

export class ProxyPorts {
  readonly #ports = new Map<number, ProxyPort>();

  at(port: number, isV4: boolean): ProxyPort | undefined {
    return this.#ports.get(key(port, isV4));
  }

  listen(listener: RelayListener): void {
    const at = key(listener.port, isV4(listener.ipFamily));
    const found = this.#ports.get(at);
    if (found?.listener !== undefined) throw new Error(`SCTP port ${listener.port} has a listener already`);
    if (found === undefined) this.#ports.set(at, { listener, flows: 0 });
    else found.listener = listener;
  }

  /** Nothing, where somebody else listens there by now. */
  close(listener: RelayListener): void {
    const at = key(listener.port, isV4(listener.ipFamily));
    const found = this.#ports.get(at);
    if (found?.listener !== listener) return;
    found.listener = undefined;
    if (found.flows === 0) this.#ports.delete(at);
  }

  addFlow({ port, ipFamily }: RelayListener): void {
    const found = this.#ports.get(key(port, isV4(ipFamily)));
    if (found !== undefined) found.flows++;
  }

  removeFlow({ port, ipFamily }: RelayListener): void {
    const at = key(port, isV4(ipFamily));
    const found = this.#ports.get(at);
    if (found === undefined) return;
    found.flows--;
    if (found.flows === 0 && found.listener === undefined) this.#ports.delete(at);
  }

  /** Those that packets may still come for. */
  inUse(ipFamily: IpFamily): readonly number[] {
    const parity = key(0, isV4(ipFamily));
    return [...this.#ports.keys()].filter((at) => at % 2 === parity).map((at) => (at - parity) / 2);
  }
}

function isV4(ipFamily: IpFamily): boolean {
  return ipFamily === 'IPv4';
}

function key(port: number, isIpv4: boolean): number {
  return 2 * port + (isIpv4 ? 0 : 1);
}
