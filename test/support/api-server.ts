// test/support/api-server.ts: an API server for tests, in this process, on 127.0.0.1: list and watch of Services,
// EndpointSlices and Nodes as the Kubernetes API documents them (resourceVersions, limit and continue, label and
// field selectors, bookmarks, 410 after compaction), over HTTP or TLS, and faults on command.
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ObjectRef } from '../../lib/model/kube-objects.js';
import { type AnswerOptions, createAnswers, served } from './api-answers.js';
import { answerEvent, eventTarget } from './api-events.js';
import { answerWrong, createFaults, type Fault, sendStatus, type Verb } from './api-faults.js';
import { type KubeconfigWish, tlsPem, writeKubeconfigFor } from './api-kubeconfig.js';
import { createApiObjects, type RawObject } from './api-objects.js';
import type { WatchStream } from './api-watch-stream.js';

export interface ApiServerOptions extends AnswerOptions {
  readonly tls?: boolean;
  /** Tokens that are accepted; undefined: whoever comes. */
  readonly tokens?: readonly string[];
  /** The TLS handshake fails without a certificate of the tests' CA. */
  readonly clientCertificates?: boolean;
  /** Not listening until resume(). */
  readonly paused?: boolean;
  /** Changes that are kept for watches. @default 10000 */
  readonly maxHistory?: number;
}

export interface LoggedRequest {
  readonly verb: Verb;
  readonly kind: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  /** Subject of the client's certificate. */
  readonly clientName: string | undefined;
  /** performance.now() */
  readonly atMs: number;
}

export interface ApiServer {
  /** `http://127.0.0.1:PORT`. The port stays while the server is paused. */
  readonly url: string;
  /** Adds or replaces; returns it with its resourceVersion. The object is kept, not copied: don't change it. */
  put<T extends object>(object: T): RawObject;
  delete(ref: ObjectRef): boolean;
  /** Compacts the history: older resourceVersions and continue tokens get 410. */
  compact(): void;
  revision(): number;
  failNext(fault: Fault): void;
  /** No fault waits any more. */
  heal(): void;
  setTokens(tokens: readonly string[]): void;
  /** Called before each request is answered; undefined ends it. */
  onRequest(listener: ((request: LoggedRequest) => void) | undefined): void;
  /** Open watches, of one kind or of all. */
  streams(kind?: string): readonly WatchStream[];
  requests(): readonly LoggedRequest[];
  /** That were written and are kept, in the order of their keys. */
  events(): readonly RawObject[];
  /** Accepted since the start. */
  connections(): number;
  /** Goes away: no listener, every connection cut. */
  pause(): Promise<void>;
  /** Comes back on the same port. */
  resume(): Promise<void>;
  writeKubeconfig(dir: string, wish?: KubeconfigWish): Promise<string>;
  close(): Promise<void>;
}

export async function createApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const objects = createApiObjects(options.maxHistory ?? 10_000);
  const faults = createFaults();
  const streams = new Set<WatchStream>();
  const sockets = new Set<Socket>();
  const log: LoggedRequest[] = [];
  let tokens = options.tokens;
  let connections = 0;
  let listener: ((request: LoggedRequest) => void) | undefined;

  const { list, watch } = createAnswers(objects, streams, options);

  const handle = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://test');
    const target = eventTarget(url.pathname);
    const resource = target === undefined ? served[url.pathname] : { kind: 'Event' };
    if (resource === undefined) return sendStatus(response, 404, { reason: 'NotFound' });
    const query = Object.fromEntries(url.searchParams);
    const verb = verbOf(request.method, query);
    const { authorization } = request.headers;
    const clientName = clientNameOf(request.socket);
    const logged = {
      verb,
      kind: resource.kind,
      query,
      authorization,
      clientName,
      atMs: performance.now(),
    } as const;
    log.push(logged);
    listener?.(logged);
    const fault = faults.take({ verb, kind: resource.kind, continued: query.continue !== undefined });
    if (fault !== undefined && fault.kind !== 'slow') return answerWrong(response, fault);
    if (tokens !== undefined && !tokens.some((token) => authorization === `Bearer ${token}`)) {
      return sendStatus(response, 401, { reason: 'Unauthorized', message: 'Unauthorized' });
    }
    const answer = () => {
      if (response.destroyed) return;
      const known = served[url.pathname];
      if (target !== undefined) void answerEvent(objects, target, request, response);
      else if (known !== undefined && verb === 'watch') watch(known, query, response);
      else if (known !== undefined) list(known, query, response);
    };
    if (fault === undefined) return answer();
    setTimeout(answer, fault.delayMs);
    return undefined;
  };

  const secure = options.tls === true || options.clientCertificates === true;
  const required = options.clientCertificates === true;
  const server = secure
    ? https.createServer(
        {
          key: tlsPem('server-key'),
          cert: tlsPem('server'),
          ca: tlsPem('ca'),
          requestCert: true,
          rejectUnauthorized: required,
        },
        handle,
      )
    : http.createServer(handle);
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    connections += 1;
    socket.on('close', () => sockets.delete(socket));
    // Resets are what these tests are about.
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', () => {});

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  if (options.paused === true) await stop();
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}`;

  return {
    url,
    put: (object) => objects.put(object as unknown as RawObject),
    delete: ({ kind, namespace, name }) => objects.delete(kind, namespace, name),
    compact: () => objects.compact(),
    revision: () => objects.revision(),
    failNext: (fault) => faults.failNext(fault),
    heal: () => faults.clear(),
    setTokens: (accepted) => {
      tokens = accepted;
    },
    onRequest: (called) => {
      listener = called;
    },
    streams: (kind) => [...streams].filter((stream) => kind === undefined || stream.kind === kind),
    requests: () => log,
    events: () => objects.snapshot('Event').objects,
    connections: () => connections,
    pause: stop,
    resume: () => listen(port),
    writeKubeconfig: (dir, wish = { auth: 'none' }) => writeKubeconfigFor(url, dir, wish),
    close: stop,
  };
}

function verbOf(method: string | undefined, query: Readonly<Record<string, string>>): Verb {
  if (method === 'POST') return 'create';
  if (method === 'PATCH') return 'patch';
  return query.watch === '1' || query.watch === 'true' ? 'watch' : 'list';
}

function clientNameOf(socket: unknown): string | undefined {
  const peer = socket as { getPeerCertificate?: () => { subject?: { CN?: string } } };
  return peer.getPeerCertificate?.().subject?.CN;
}
