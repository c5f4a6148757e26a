// dataplane/linux/self-test/datagrams.ts: sockaddr, mmsghdr, msghdr, iovec, cmsghdr and the pktinfo structs: datagrams
// go over loopback, two by one call, and what the kernel says of them must be where the layouts say.
import { networkInterfaces } from 'node:os';
import { SOCK_DGRAM } from '../../native/abi/constants.js';
import { EINVAL } from '../../native/abi/errno.js';
import type { Layouts } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import {
  controlOf,
  expectedControl,
  expectedSockaddr,
  type Family,
  ipv6,
  readControl,
  readSockaddr,
  sockaddrOf,
} from './families.js';
import { LoopbackSocket, messageStructs } from './loopback.js';
import { expect, expectEqual, type Scratch } from './scratch.js';

/**
 * How many pairs of ports are tried. Our rules of an earlier run may stand and refuse what goes to its proxy ports, and
 * with thousands of Services a free port is one of these often enough.
 */
const pairsOfPorts = 8;
/** Of `lo` in every network namespace: LOOPBACK_IFINDEX, include/net/flow.h of the kernel. */
const loopbackIndex = 1;
const noControl = Buffer.alloc(0);

/** Does nothing where the host lacks the family's loopback address, as where IPv6 is turned off. */
export function testDatagrams(family: Family, layouts: Layouts, scratch: Scratch): void {
  const addresses = Object.values(networkInterfaces()).flatMap((ofOne) => ofOne ?? []);
  if (!addresses.some(({ address }) => address === family.loopback)) return;
  for (let pairs = 1; !isExchanged(family, layouts, scratch); pairs++) {
    expect(pairs < pairsOfPorts, `datagrams to ${family.loopback} do not arrive`);
  }
}

/** Two datagrams there and one back. False: one was lost; throws where one is not what was sent. */
function isExchanged(family: Family, layouts: Layouts, scratch: Scratch): boolean {
  const { structs, loopback, replyFrom } = family;
  const server = new LoopbackSocket(family, layouts, scratch);
  const client = new LoopbackSocket(family, layouts, scratch);
  server.askForPktinfo(family);

  const toServer = sockaddrOf(family, loopback, server.port);
  const texts = ['one', 'another'];
  const sent = client.send(texts.map((data) => ({ name: toServer, control: noControl, data })));
  const requests = sent ? server.receive(texts.length) : undefined;
  if (requests === undefined) return false;
  const fromClient = expectedSockaddr(family, loopback, client.port);
  const toLoopback = expectedControl(family, layouts, loopback, loopbackIndex);
  for (const [index, { name, control, data }] of requests.entries()) {
    expectEqual(messageStructs, data, texts[index] ?? '');
    expectEqual(`${structs.sockaddr} of a client`, readSockaddr(family, name), fromClient);
    expectEqual(`${structs.pktinfo} or cmsghdr`, readControl(family, layouts, control), toLoopback);
  }

  const control = controlOf(family, layouts, replyFrom);
  const replies = server.send(requests.slice(0, 1).map(({ name }) => ({ name, control, data: 'reply' })))
    ? client.receive(1)
    : undefined;
  if (replies === undefined) return false;
  for (const { name, data } of replies) {
    expectEqual(messageStructs, data, 'reply');
    const wanted = expectedSockaddr(family, replyFrom, server.port);
    expectEqual(`${structs.pktinfo} of a reply`, readSockaddr(family, name), wanted);
  }
  return true;
}

/** The kernel refuses to connect to a link-local address unless its scope id is where it looks for it. Sends nothing. */
export function testScopeId(layouts: Layouts, scratch: Scratch): void {
  const family = ipv6(layouts);
  const fd = sys.socket(family.af, SOCK_DGRAM, 0);
  // The kernel has no IPv6.
  if (fd < 0) return;
  scratch.keep(fd, 'socket');
  const memory = new NativeMemory(128);
  const name = sockaddrOf(family, 'fe80::1', 9);
  const isRefused = (scopeId: number): boolean => {
    memory.bytes.set(name);
    memory.bytes.writeUInt32LE(scopeId, layouts.sockaddrIn6.scopeId);
    return sys.connect(fd, memory.address, name.length) === -EINVAL;
  };
  expect(
    isRefused(0) && !isRefused(loopbackIndex),
    `${family.structs.sockaddr} differs: no scope id at ${layouts.sockaddrIn6.scopeId}`,
  );
}
