// dataplane/sctp/lost-thread.ts: makes the relay's thread fail, as only a fault in the machine or in us would: by taking away
// what it waits with.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as sys from '../../../lib/dataplane/native/syscalls.js';

/** Of this process, as `number what`. */
export function openDescriptors(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      // The one that the folder was read with.
      return [];
    }
  });
}

/** Closes the epoll of a thread that was started since `before`: it fails at its next turn. */
export function breakThread(before: readonly string[]): void {
  const own = openDescriptors()
    .filter((line) => line.includes('eventpoll') && !before.includes(line))
    .map((line) => Number(line.split(' ')[0]))
    .find((fd) => watchesEdges(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')));
  if (own === undefined) throw new Error('no epoll of the relay was found');
  sys.close(own);
}

/** Its eventfd is watched with EPOLLET, to which the kernel adds EPOLLERR and EPOLLHUP; Node's own epolls have none so. */
function watchesEdges(info: string): boolean {
  return /^tfd:.*events: +80000019 /m.test(info);
}
