// dataplane/connection-cap.ts: how many connections fit into the descriptors that this process may open, and how many of
// them may be UDP's. Pure; the data planes count (node/connection-budget.ts, linux/control.ts).

/** Descriptors for everything that is not a relayed connection: logs, API watches, HTTP, epoll, name look-ups. */
const reservedDescriptors = 256;
/** A TCP connection holds its client's and its endpoint's; a UDP flow holds one and is counted as if it held two. */
const descriptorsPerConnection = 2;
/** Part of the cap that UDP flows may take. */
const udpShare = 0.5;

/**
 * The `maxConnections` that fits into `descriptorLimit` (RLIMIT_NOFILE) beside `others`: listening sockets, and what
 * the data plane needs for itself. At least 1.
 */
export function connectionCap(descriptorLimit: number, others: number): number {
  const free = descriptorLimit - reservedDescriptors - others;
  return Math.max(1, Math.floor(free / descriptorsPerConnection));
}

/**
 * UDP flows that `maxConnections` leaves room for, rounded up. Not all of it: a sender with made-up addresses opens a
 * flow with each datagram, and must not shut out TCP.
 */
export function udpCap(maxConnections: number): number {
  return Math.ceil(maxConnections * udpShare);
}

/** RLIMIT_NOFILE's soft limit out of the text of /proc/self/limits (proc(5)); Infinity for `unlimited`. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
