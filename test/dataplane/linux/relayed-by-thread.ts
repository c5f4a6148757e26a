// dataplane/linux/relayed-by-thread.ts: which thread relays how many connections, by what its epoll watches (proc(5),
// /proc/pid/fdinfo): the one place where that can be seen from outside.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { watchedEvents } from '../../../lib/dataplane/linux/tcp-dial.js';
import { EPOLLERR, EPOLLHUP } from '../../../lib/dataplane/native/abi/constants.js';

/** The kernel adds these two. */
const mask = ((watchedEvents | EPOLLERR | EPOLLHUP) >>> 0).toString(16);

export interface RelayingEpoll {
  readonly fd: number;
  readonly connections: number;
}

/** The epolls of this process that watch connections, in the order of their descriptors. */
export function relayingEpolls(): readonly RelayingEpoll[] {
  const found: RelayingEpoll[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]') continue;
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      const watched = info.split('\n').filter((line) => line.includes(`events: ${mask} `)).length;
      if (watched > 0) found.push({ fd: Number(fd), connections: watched / 2 });
    } catch {
      // It was closed meanwhile.
    }
  }
  return found;
}

export function relayedByThread(): readonly number[] {
  return relayingEpolls().map(({ connections }) => connections);
}
