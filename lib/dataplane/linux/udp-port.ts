// dataplane/linux/udp-port.ts: a listening UDP socket in its thread, and who its datagrams go to.
// A client is an address and port, and the local address it sent to: replies leave from that one, or conntrack could not
// undo a REDIRECT or DNAT.
import type { Balancer } from '../../balance/balancer.js';
import { hostPort, type IpFamily } from '../../model/ip.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import { EPOLLIN, IPPROTO_UDP, UDP_SEGMENT } from '../native/abi/constants.js';
import { EAGAIN, EINTR, isLocalAddressTrouble, isShortage } from '../native/abi/errno.js';
import { type CounterBlock, count, countFailure, rxBytes } from '../native/counter-block.js';
import type { EndpointsMessage } from '../native/endpoints-message.js';
import type { ReadyHandler } from '../native/epoll-loop.js';
import { localAddressOf } from '../native/packet-info.js';
import type { PickMemory } from '../native/pick-places.js';
import { type PreparedEndpoint, PreparedEndpoints } from '../native/prepared-endpoints.js';
import { ipOf, portOf, sockaddrRoom } from '../native/socket-address.js';
import { check, SystemError } from '../native/system-error.js';
import type { SparseWarn } from '../sparse-log.js';
import { type ClientKey, ClientKeys } from './client-key.js';
import { controlOffset, type DatagramBatch, nameOffset } from './datagram-batch.js';
import type { OutgoingBatch } from './outgoing-batch.js';
import type { ReplySender } from './reply-batch.js';
import { UdpFlow, type UdpFlowContext } from './udp-flow.js';
import { UdpFlows, type UdpFlowsContext } from './udp-flows.js';

export interface UdpPortContext extends UdpFlowsContext {
  readonly batch: DatagramBatch;
  readonly picks: PickMemory;
  readonly socketBufferBytes: number;
  readonly warn: SparseWarn;
  /** A message waits that may change the endpoints. */
  hasMessages(): boolean;
}

export interface UdpPortSpec {
  readonly fd: number;
  readonly servicePortName: string;
  readonly ipFamily: IpFamily;
}

export class UdpPort implements ReadyHandler, ReplySender {
  readonly #spec: UdpPortSpec;
  readonly #balancer: Balancer;
  readonly #counters: CounterBlock;
  readonly #context: UdpPortContext;
  readonly #endpoints: PreparedEndpoints;
  readonly #flows: UdpFlows;
  readonly #keys: ClientKeys;
  readonly #flowContext: UdpFlowContext;
  readonly #slot: number;
  #generation = 0;

  /** Owns the listening socket `spec.fd` from now on. */
  constructor(spec: UdpPortSpec, balancer: Balancer, counters: CounterBlock, context: UdpPortContext) {
    const { fd, servicePortName, ipFamily } = spec;
    // What else the message carries, its endpoints for instance, is not to be kept.
    this.#spec = { fd, servicePortName, ipFamily };
    this.#balancer = balancer;
    this.#counters = counters;
    this.#endpoints = new PreparedEndpoints(context.picks);
    this.#context = context;
    this.#keys = new ClientKeys(spec.ipFamily);
    this.#flows = new UdpFlows(spec.ipFamily, counters, context);
    this.#slot = context.loop.claim(this);
    // An older kernel would take no notice of it in a control message, and send one large datagram.
    const inSegments = context.sockets.setOption(spec.fd, IPPROTO_UDP, UDP_SEGMENT, 0) === 0;
    this.#flowContext = {
      inSegments,
      batch: context.batch,
      replies: context.replies,
      sender: this,
      sockets: context.sockets,
      counters,
      tick: () => this.#flows.tick,
      answered: (endpoint) => balancer.answered(endpoint),
      broken: (flow, error) => this.#broken(flow, error),
      faulty: (flow) => this.#flows.end(flow, 'fault'),
      warn: (message, flow, result) => this.#warn(message, flow.endpoint, result),
    };
  }

  /** After the first update(). */
  listen(): void {
    check(this.#context.loop.add(this.#spec.fd, EPOLLIN, this.#slot, 0), 'epoll_ctl', 'a listening socket');
  }

  update(message: EndpointsMessage): void {
    const endpoints = this.#endpoints.update(message.endpoints);
    this.#balancer.update({ ...message, endpoints });
    this.#generation++;
    // Else each one moves with its client's next datagram.
    if (message.endpoints.length === 0)
      this.#flows.endWhere(({ endpoint }) => !this.#balancer.has(endpoint), 'endpoint-gone');
  }

  /** Ends the flows of clients that sent to one of these addresses, which portals lead to no more. */
  forgetLocals(addresses: readonly string[]): void {
    const { ipFamily } = this.#spec;
    this.#flows.endWhere(
      ({ route }) => addresses.includes(localAddressOf(route.memory.bytes, route.controlAt, ipFamily)),
      'shutdown',
    );
  }

  close(): void {
    this.#flows.endWhere(() => true, 'shutdown');
    this.#context.loop.release(this.#slot);
    this.#context.sockets.close(this.#spec.fd);
  }

  /** Level-triggered: what is left is reported again. */
  ready(): void {
    const { batch, hasMessages } = this.#context;
    if (hasMessages()) return;
    const received = batch.receive(this.#spec.fd);
    if (received <= 0) {
      if (received !== -EAGAIN && received !== -EINTR) this.#warn('UDP receive failed', undefined, received);
      return;
    }
    let first = 0;
    let key = this.#keyOf(0);
    try {
      for (let end = 1; end <= received; end++) {
        const next = end < received ? this.#keyOf(end) : undefined;
        if (next === key) continue;
        this.#serve(key, first, end);
        first = end;
        key = next ?? key;
      }
    } catch (error) {
      const flow = this.#flows.get(key);
      if (flow !== undefined) this.#flows.end(flow, 'fault');
      throw error;
    } finally {
      batch.done(received);
    }
  }

  /** Serves the datagrams from `first` to before `end`, all of one client. */
  #serve(key: ClientKey, first: number, end: number): void {
    const { batch } = this.#context;
    // Port 0 is nobody's: no reply is expected (RFC 768), nor possible.
    if (portOf(batch.names.bytes, nameOffset(first)) === 0) return;
    let flow = this.#current(key);
    let counted = false;
    for (let next = first; next < end; ) {
      flow ??= this.#begin(key, first, end - next);
      if (flow === undefined) return;
      if (!counted) count(this.#counters, rxBytes, batch.bytesOf(first, end));
      counted = true;
      flow.lastTick = this.#flows.tick;
      next = flow.send(next, end);
      flow = undefined;
    }
  }

  #keyOf(index: number): ClientKey {
    const { names, controls } = this.#context.batch;
    return this.#keys.keyOf(names.bytes, index * sockaddrRoom, controls.bytes, controlOffset(index));
  }

  /** The client's flow, unless its endpoint has left: then that flow ends here. */
  #current(key: ClientKey): UdpFlow | undefined {
    const flow = this.#flows.get(key);
    if (flow === undefined || flow.generation === this.#generation) return flow;
    if (!this.#balancer.has(flow.endpoint)) {
      this.#flows.end(flow, 'endpoint-gone');
      return undefined;
    }
    flow.generation = this.#generation;
    return flow;
  }

  /** A flow for the client of datagram `index`; undefined: there is none to be had for its `datagrams`. */
  #begin(key: ClientKey, index: number, datagrams: number): UdpFlow | undefined {
    if (this.#balancer.size === 0) return this.#refuse('no-endpoints', datagrams);
    if (!this.#flows.take()) return this.#refuse('connection-limit', datagrams);
    try {
      const flow = this.#dial(key, index);
      if (flow === undefined) this.#flows.giveBack('dial');
      return flow;
    } catch (error) {
      if (this.#flows.get(key) === undefined) this.#flows.giveBack('fault');
      throw error;
    }
  }

  #dial(key: ClientKey, index: number): UdpFlow | undefined {
    const { loop } = this.#context;
    const client = ipOf(this.#context.batch.names.bytes, this.#spec.ipFamily, nameOffset(index));
    const candidates = this.#balancer.candidates(client, loop.nowMs);
    for (let address = candidates.next(); address !== undefined; address = candidates.next()) {
      const endpoint = this.#endpoints.of(address);
      const fd = this.#connect(endpoint);
      if (fd >= 0) {
        this.#balancer.chosen(client, address, loop.nowMs);
        return this.#add(key, index, fd, endpoint);
      }
      this.#warn('UDP endpoint can not be connected', endpoint, fd);
      if (isShortage(fd)) break;
      if (!isLocalAddressTrouble(fd)) this.#balancer.setAside(address, loop.nowMs);
    }
    return undefined;
  }

  #refuse(reason: ConnectionFailure, datagrams: number): undefined {
    for (let number = 0; number < datagrams; number++) countFailure(this.#counters, reason);
    return undefined;
  }

  /** A connected socket, or errno negated. */
  #connect(endpoint: PreparedEndpoint): number {
    const { sockets, socketBufferBytes } = this.#context;
    const fd = sockets.open(this.#spec.ipFamily, 'UDP');
    if (fd < 0) return fd;
    sockets.setBuffers(fd, socketBufferBytes);
    const result = sockets.connect(fd, endpoint.sockaddr);
    if (result === 0) return fd;
    sockets.close(fd);
    return result;
  }

  #add(key: ClientKey, index: number, fd: number, endpoint: PreparedEndpoint): UdpFlow {
    const { loop, routes, batch } = this.#context;
    const route = routes[this.#spec.ipFamily].take(batch, index, this.#flowContext.inSegments);
    const slot = loop.claim(this);
    const parts = { key, fd, slot, endpoint, route, generation: this.#generation };
    const flow = new UdpFlow(parts, this.#flowContext);
    loop.replace(slot, flow);
    this.#flows.add(flow);
    check(loop.add(fd, EPOLLIN, slot, 0), 'epoll_ctl', 'a UDP flow');
    endpoint.pick();
    return flow;
  }

  sendReplies(replies: OutgoingBatch): void {
    for (let next = 0; next < replies.messages; ) {
      const sent = replies.send(this.#spec.fd, next);
      if (sent > 0) next += sent;
      else if (sent === -EAGAIN) {
        this.#warn('UDP replies dropped, the send queue is full', undefined, sent);
        return;
      } else if (sent !== -EINTR) {
        if (replies.split(next)) next = 0;
        else {
          this.#warn('UDP reply was not sent', undefined, sent);
          next++;
        }
      }
    }
  }

  #broken(flow: UdpFlow, error: number): void {
    this.#warn('UDP flow broken', flow.endpoint, error);
    this.#balancer.setAside(flow.endpoint, this.#context.loop.nowMs);
    this.#flows.end(flow, 'endpoint-reset');
  }

  #warn(message: string, endpoint: PreparedEndpoint | undefined, result: number): void {
    const { servicePortName } = this.#spec;
    const address = endpoint && hostPort(endpoint.ip, endpoint.port);
    this.#context.warn(message, {
      servicePortName,
      ...(address !== undefined && { endpoint: address }),
      err: new SystemError('UDP', address ?? servicePortName, result),
    });
  }
}
