// bench/soak/plane-program.ts: the data plane under churn, in a process of its own, so that its descriptors and memory are
// nobody else's. Asked over IPC; `--expose-gc` lets it say what is really held. Argument: the plane's kind.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EndpointAddress } from '../../lib/model/endpoint.js';
import type { Listener } from '../../lib/proxier/data-plane.js';
import { listenerConfig, listenerSpec, makePlane, planeKinds } from '../shared/make-plane.js';
import { answerQuestions } from '../shared/program.js';

export type SoakCommand =
  | { readonly command: 'open'; readonly name: string; readonly protocol: 'TCP' | 'UDP' }
  | { readonly command: 'update'; readonly name: string; readonly endpoints: readonly EndpointAddress[] }
  | { readonly command: 'counters'; readonly name: string }
  /** Open connections and clients. */
  | { readonly command: 'open-count' }
  /** Bytes of JavaScript's heap, of the main thread, after a collection. */
  | { readonly command: 'heap' }
  | { readonly command: 'close' };

export interface CounterValues {
  readonly opened: number;
  readonly open: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly rxBytes: number;
  readonly txBytes: number;
}

const kind = planeKinds.find((name) => name === process.argv[2]);
if (kind === undefined) throw new Error(`no such data plane: ${process.argv[2]}`);
// Short, so that a quiet moment shows what is left when everything has ended.
const plane = makePlane(kind, { endpointSetAsideMs: 200, udpIdleTimeoutMs: 500 });
const listeners = new Map<string, Listener>();

function find(name: string): Listener {
  const listener = listeners.get(name);
  if (listener === undefined) throw new Error(`no listener ${name}`);
  return listener;
}

answerQuestions<SoakCommand>(async (request) => {
  switch (request.command) {
    case 'open': {
      const spec = listenerSpec(request.name, request.protocol);
      const listener = await plane.open(spec, listenerConfig([]), 0);
      listeners.set(request.name, listener);
      return listener.port;
    }
    case 'update':
      return find(request.name).update(listenerConfig(request.endpoints));
    case 'counters': {
      const { opened, open, failed, rxBytes, txBytes } = find(request.name).counters();
      return { opened, open, failed, rxBytes, txBytes } satisfies CounterValues;
    }
    case 'open-count': {
      const { tcpConnections, udpClients } = plane.totals();
      return tcpConnections + udpClients;
    }
    case 'heap': {
      // Twice: what the first one frees outside of the heap is swept after it.
      globalThis.gc?.();
      await nextTurn();
      globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    }
    case 'close':
      return plane.close(0);
  }
});
