// bench/data-plane/udp-load.ts: clients that keep a fixed number of datagrams on their way and see how long each takes.
// On system calls, so that the load costs less than what it measures. Blocks its thread for the whole run.
import { EPOLLIN } from '../../lib/dataplane/native/abi/constants.js';
import { Descriptors } from '../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../lib/dataplane/native/epoll-loop.js';
import { encodeSockaddr } from '../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../lib/dataplane/native/sockets.js';
import { check } from '../../lib/dataplane/native/system-error.js';
import { StampedDatagrams } from './stamped-datagrams.js';

export interface UdpLoad {
  readonly port: number;
  /** At least 8: each datagram carries the time when it left. */
  readonly bytes: number;
  readonly clients: number;
  /** Of each client, at most 64; more than one leave together. */
  readonly inFlight: number;
  readonly seconds: number;
}

export interface UdpLoadResult {
  readonly roundTrips: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Datagrams that were sent anew because nothing came back for 200 ms. */
  readonly resent: number;
}

const silenceMs = 200;

interface Client {
  readonly fd: number;
  heardMs: number;
}

export function runUdpLoad({ port, bytes, clients, inFlight, seconds }: UdpLoad): UdpLoadResult {
  const descriptors = new Descriptors(1, undefined);
  const sockets = new Sockets(descriptors);
  const loop = new EpollLoop(descriptors, (error) => {
    throw error;
  });
  const datagrams = new StampedDatagrams(bytes, inFlight);
  const tripsMs: number[] = [];
  let resent = 0;
  const receive = (client: Client): void => {
    const count = datagrams.receive(client.fd);
    if (count <= 0) return;
    client.heardMs = performance.now();
    for (let index = 0; index < count; index++) tripsMs.push(client.heardMs - datagrams.sentMs(index));
    datagrams.send(client.fd, count, client.heardMs);
  };
  const sendAnew = (client: Client, nowMs: number): void => {
    if (nowMs - client.heardMs < silenceMs) return;
    client.heardMs = nowMs;
    datagrams.send(client.fd, inFlight, nowMs);
    resent += inFlight;
  };

  const startedMs = performance.now();
  const all = Array.from({ length: clients }, (): Client => {
    const fd = check(sockets.open('IPv4', 'UDP'), 'socket', 'of a client');
    check(sockets.connect(fd, encodeSockaddr({ ip: '127.0.0.1', port })), 'connect', `to port ${port}`);
    const client = { fd, heardMs: startedMs };
    const slot = loop.claim({ ready: () => receive(client) });
    check(loop.add(fd, EPOLLIN, slot, 0), 'epoll_ctl', 'of a client');
    datagrams.send(fd, inFlight, performance.now());
    return client;
  });
  const endMs = startedMs + seconds * 1000;
  let checkMs = startedMs + silenceMs;
  while (loop.nowMs < endMs) {
    loop.turn(50, () => {});
    if (loop.nowMs < checkMs) continue;
    checkMs = loop.nowMs + silenceMs;
    for (const client of all) sendAnew(client, loop.nowMs);
  }
  const elapsedMs = performance.now() - startedMs;
  for (const { fd } of all) sockets.close(fd);
  loop.close();
  const sorted = Float64Array.from(tripsMs).sort();
  const quantile = (share: number): number =>
    1000 * (sorted[Math.floor(share * sorted.length)] ?? Number.NaN);
  return {
    roundTrips: sorted.length,
    seconds: elapsedMs / 1000,
    p50Us: quantile(0.5),
    p99Us: quantile(0.99),
    resent,
  };
}
