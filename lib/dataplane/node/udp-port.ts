// dataplane/node/udp-port.ts: finds out whether a UDP port is free before it is bound with SO_REUSEADDR.
// With SO_REUSEADDR two sockets that both ask for it share a port without any error, and one of them gets nothing.
// So the port is bound without it first: that fails when anybody holds the port on any address of the family. What
// remains: another process that binds with SO_REUSEADDR in the moment between this check and our bind, or later.
import type { IpFamily } from '../../model/ip.js';
import { bindUdp, wildcard } from './udp-socket.js';

export class UdpPorts {
  readonly #taken = new Set<string>();

  /**
   * `port`, or a free one for 0, ours among this process' listeners until release(). Rejects with EADDRINUSE when it
   * is held.
   */
  async reserve(ipFamily: IpFamily, port: number): Promise<number> {
    const socket = await bindUdp(
      { ipFamily, address: wildcard(ipFamily), port, reuseAddr: false, bufferBytes: 0 },
      { message: () => {}, error: () => {} },
    );
    const reserved = socket.address().port;
    const key = keyOf(ipFamily, reserved);
    await new Promise<void>((resolve) => socket.close(resolve));
    if (this.#taken.has(key)) throw portInUse(ipFamily, reserved);
    this.#taken.add(key);
    return reserved;
  }

  release(ipFamily: IpFamily, port: number): void {
    this.#taken.delete(keyOf(ipFamily, port));
  }
}

function keyOf(ipFamily: IpFamily, port: number): string {
  return `${ipFamily} ${port}`;
}

function portInUse(ipFamily: IpFamily, port: number): Error {
  return Object.assign(new Error(`another listener is opening UDP port ${port} (${ipFamily})`), {
    code: 'EADDRINUSE',
  });
}
