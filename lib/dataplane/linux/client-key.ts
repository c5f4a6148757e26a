// dataplane/linux/client-key.ts: one key for a UDP client and the local address it sent to, out of the sockaddr and the
// control message as the kernel wrote them. Asked for with every datagram, so IPv4's is a number: no text, no garbage.
import type { IpFamily } from '../../model/ip.js';
import { sockaddrIn, sockaddrIn6 } from '../native/abi/layouts.js';
import { localAddressOffset } from '../native/packet-info.js';

export type ClientKey = number | string;

/** Local addresses that fit into a number beside address and port: 48 + 5 bits. */
const numberedLocals = 32;
const ipv6Bytes = 16;

/** Keys of one listener; local addresses get numbers as they are seen. */
export class ClientKeys {
  readonly #ipFamily: IpFamily;
  readonly #localOffset: number;
  readonly #locals = new Map<number, number>();

  constructor(ipFamily: IpFamily) {
    this.#ipFamily = ipFamily;
    this.#localOffset = localAddressOffset(ipFamily);
  }

  /** Of the sockaddr at `nameAt` and the control message at `controlAt`. */
  keyOf(names: Buffer, nameAt: number, controls: Buffer, controlAt: number): ClientKey {
    const localAt = controlAt + this.#localOffset;
    return this.#ipFamily === 'IPv4'
      ? this.#ipv4Key(names, nameAt, controls.readUInt32LE(localAt))
      : this.#ipv6Key(names, nameAt, controls.toString('latin1', localAt, localAt + ipv6Bytes));
  }

  /** The sockaddr as it is: a scope id tells two link-local clients apart. */
  #ipv6Key(names: Buffer, nameAt: number, local: string): ClientKey {
    return names.toString('latin1', nameAt, nameAt + sockaddrIn6.size) + local;
  }

  #ipv4Key(names: Buffer, nameAt: number, local: number): ClientKey {
    const client =
      names.readUInt32LE(nameAt + sockaddrIn.addr) * 2 ** 16 + names.readUInt16LE(nameAt + sockaddrIn.port);
    let number = this.#locals.get(local);
    if (number === undefined) {
      number = this.#locals.size;
      if (number < numberedLocals) this.#locals.set(local, number);
    }
    return number < numberedLocals ? number * 2 ** 48 + client : `${local} ${client}`;
  }
}
