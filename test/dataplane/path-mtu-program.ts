// dataplane/path-mtu-program.ts: a client of a data plane with two UDP endpoints, of which the first one's path turns out
// to be narrow: a router's message says so to the flow's socket. For a namespace, since the kernel remembers it.
// Argument: the data plane's kind. Prints who answered before and after, and what the listener counted.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { AF_INET } from '../../lib/dataplane/native/abi/constants.js';
import { Descriptors } from '../../lib/dataplane/native/descriptors.js';
import { NativeMemory } from '../../lib/dataplane/native/native-memory.js';
import { encodeSockaddr } from '../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../lib/dataplane/native/sockets.js';
import * as sys from '../../lib/dataplane/native/syscalls.js';
import { configOf, specOf } from './conformance/plane.js';
import { within } from './conformance/waiting.js';
import { makeLinuxPlane } from './linux/make-plane.js';
import { makeNodePlane } from './node/make-plane.js';

const loopback = '127.0.0.1';
/** Larger than the path's MTU from then on. */
const question = Buffer.alloc(1400, 'q');
const narrowMtu = 1300;

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** "Fragmentation needed" (RFC 1191) about a datagram between these ports, as a router on loopback would say it. */
function tellNarrowPath(fromPort: number, toPort: number): void {
  const address = Buffer.from([127, 0, 0, 1]);
  const ip = Buffer.alloc(12);
  ip.writeUInt16BE(0x4500, 0);
  ip.writeUInt16BE(28 + question.length, 2);
  ip.writeUInt16BE(0x4000, 6);
  ip.writeUInt16BE((64 << 8) | 17, 8);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(fromPort, 0);
  udp.writeUInt16BE(toPort, 2);
  udp.writeUInt16BE(8 + question.length, 4);
  const icmp = Buffer.alloc(8);
  icmp.writeUInt16BE(0x0304, 0);
  icmp.writeUInt16BE(narrowMtu, 6);
  const message = Buffer.concat([icmp, ip, address, address, udp]);
  message.writeUInt16BE(checksum(message), 2);

  const descriptors = new Descriptors(1, undefined);
  const memory = new NativeMemory(message.length);
  memory.bytes.set(message);
  const SOCK_RAW = 3;
  const IPPROTO_ICMP = 1;
  const fd = sys.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const connected = new Sockets(descriptors).connect(fd, encodeSockaddr({ ip: loopback, port: 0 }));
  const sent = sys.send(fd, memory.address, message.length, 0);
  descriptors.close(fd);
  if (sent !== message.length) throw new Error(`the message was not sent: ${fd}, ${connected}, ${sent}`);
}

async function bound() {
  const socket = createSocket('udp4').bind(0, loopback);
  await once(socket, 'listening');
  return socket;
}

const flowPorts: number[] = [];
const ports: number[] = [];
for (const name of ['first', 'second']) {
  const socket = await bound();
  ports.push(socket.address().port);
  socket.on('message', (_, from) => {
    flowPorts.push(from.port);
    socket.send(name, from.port, from.address);
  });
}
const plane = process.argv[2] === 'node' ? makeNodePlane() : makeLinuxPlane();
const endpoints = ports.map((port) => ({ ip: loopback, port }));
const listener = await plane.open(specOf('UDP'), configOf(endpoints), 0);
const client = await bound();
const ask = async (): Promise<string> => {
  const answer = once(client, 'message');
  client.send(question, listener.port, loopback);
  const [data] = await within('an answer', answer, 5000);
  return String(data);
};

const answers = [await ask()];
tellNarrowPath(flowPorts[0] ?? 0, ports[0] ?? 0);
await sleep(300);
for (let count = 0; count < 2; count++) answers.push(await ask());
const { opened, failed } = listener.counters();
process.stdout.write(JSON.stringify({ answers, opened, failed }));
await plane.close(0);
process.exit(0);
