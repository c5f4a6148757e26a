// dataplane/linux/route-slab.ts: native memory for the reply routes of many UDP flows: some large pieces instead of one
// allocation, and one address to be asked for, per flow.
import type { IpFamily } from '../../model/ip.js';
import { NativeMemory } from '../native/native-memory.js';
import { controlLength, makeReplyControl } from '../native/packet-info.js';
import { sockaddrRoom, sockaddrSize } from '../native/socket-address.js';
import { controlOffset, type DatagramBatch, nameOffset } from './datagram-batch.js';
import { pointerTo } from './datagram-headers.js';
import type { Route } from './outgoing-batch.js';

const routesPerPiece = 256;
const controlRoom = 48;
const routeRoom = sockaddrRoom + controlRoom;

export interface SlabRoute extends Route {
  readonly memory: NativeMemory;
  /** Of sockaddr and control message in `memory`. */
  readonly nameAt: number;
  readonly controlAt: number;
}

export class RouteSlab {
  readonly #ipFamily: IpFamily;
  readonly #free: SlabRoute[] = [];

  constructor(ipFamily: IpFamily) {
    this.#ipFamily = ipFamily;
  }

  /** The route back to the sender of datagram `index`, from the address that it was sent to. */
  take(batch: DatagramBatch, index: number, inSegments: boolean): SlabRoute {
    if (this.#free.length === 0) this.#grow();
    const route = this.#free.pop();
    if (route === undefined) throw new Error('a new piece of memory holds no route');
    const { nameAt, controlAt } = route;
    const { bytes } = route.memory;
    batch.names.bytes.copy(bytes, nameAt, nameOffset(index), nameOffset(index) + route.nameLength);
    const from = controlOffset(index);
    batch.controls.bytes.copy(bytes, controlAt, from, from + route.controlLength);
    makeReplyControl(bytes, controlAt, this.#ipFamily);
    route.inSegments = inSegments;
    return route;
  }

  giveBack(route: SlabRoute): void {
    this.#free.push(route);
  }

  #grow(): void {
    const memory = new NativeMemory(routesPerPiece * routeRoom);
    for (let index = 0; index < routesPerPiece; index++) {
      const nameAt = index * routeRoom;
      const controlAt = nameAt + sockaddrRoom;
      this.#free.push({
        memory,
        nameAt,
        controlAt,
        name: pointerTo(memory.address + nameAt),
        nameLength: sockaddrSize(this.#ipFamily),
        control: pointerTo(memory.address + controlAt),
        controlLength: controlLength(this.#ipFamily),
        controlWords: memory.words.subarray(controlAt / 4, (controlAt + controlRoom) / 4),
        inSegments: false,
      });
    }
  }
}
