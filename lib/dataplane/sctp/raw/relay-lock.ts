// dataplane/sctp/raw/relay-lock.ts: sees to it that a network namespace has one relay: two would both answer every packet.
// A socket bound to an abstract name, which belongs to the namespace and is gone with its process (unix(7)).
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from '../../native/abi/constants.js';
import type { Descriptors } from '../../native/descriptors.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import { check } from '../../native/system-error.js';

const lockName = 'kube-portal/sctp-relay';

/** The descriptor that holds the lock. Throws SystemError: EADDRINUSE where somebody else has it. */
export function takeRelayLock(descriptors: Descriptors): number {
  const fd = check(
    sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
    'socket',
    'for the lock of the SCTP relay',
  );
  descriptors.adopt(fd);
  // struct sockaddr_un: the family, then a zero byte, which makes the name abstract.
  const name = Buffer.from(lockName);
  const sockaddr = new NativeMemory(3 + name.length);
  sockaddr.bytes.writeUInt16LE(AF_UNIX, 0);
  sockaddr.bytes.set(name, 3);
  const result = sys.bind(fd, sockaddr.address, 3 + name.length);
  if (result >= 0) return fd;
  descriptors.close(fd);
  return check(result, 'bind', 'the lock of the SCTP relay: another relay runs in this network namespace');
}
