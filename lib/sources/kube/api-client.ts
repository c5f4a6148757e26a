// sources/kube/api-client.ts: requests to one API server, over node:http(s): GETs, and Events as the only thing written.
//
// client-node gives the credentials (see cluster-access.ts) and not the transport: its Watch hides the answer's body
// and headers (so no Status, no Retry-After), skips lines that are no JSON (so an event can be lost), swallows what
// the callback throws, has no deadline, and a new agent per request means a new TLS handshake per page.
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../../proxier/clock.js';
import { ApiStatusError, errorFromAnswer, MalformedAnswerError } from './api-error.js';
import type { ClusterAccess } from './cluster-access.js';
import { readBody } from './read-body.js';
import type { KubeTiming } from './timing.js';
import { createDeadline, settleWithin } from './wait.js';

export type Query = Readonly<Record<string, string | undefined>>;

export interface ApiClient {
  readonly server: string;
  /** The whole answer, parsed. Rejects with ApiStatusError, MalformedAnswerError or what the network said. */
  getJson(path: string, query: Query, signal: AbortSignal): Promise<unknown>;
  /** Resolves when a 200's headers are there; the caller reads the body to its end or destroys it. */
  getStream(path: string, query: Query, signal: AbortSignal): Promise<http.IncomingMessage>;
  /** As getJson(), with a body; 200 and 201 are success. */
  writeJson(write: ApiWrite, path: string, signal: AbortSignal): Promise<unknown>;
  /** Forgets cached credentials, so that the next request reads them again. */
  refreshCredentials(): void;
  /** Closes idle connections; requests are ended by their signal. */
  close(): void;
}

export interface ApiWrite {
  readonly method: 'POST' | 'PATCH';
  /** `application/json`, `application/merge-patch+json`. */
  readonly contentType: string;
  readonly body: unknown;
}

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly timing: KubeTiming;
}

/** A page of 500 objects is a few MB; one unpaged list of a large cluster may be a hundred. */
const maxBodyBytes = 256 * 1024 * 1024;
const maxErrorBodyBytes = 64 * 1024;
/** A peer that vanished without a word is noticed by the kernel after about this and ten probes of a second. */
const tcpKeepAliveMs = 30_000;

export function createApiClient({ access, clock, timing }: ApiClientOptions): ApiClient {
  // TLS settings are given with each request and are part of the agent's key: new certificates, new connection.
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  };

  /** Resolves with whatever was answered, success or not. */
  async function send(url: URL, signal: AbortSignal, write?: ApiWrite): Promise<http.IncomingMessage> {
    // Credentials may come from a program, which may hang.
    const credentials = await settleWithin(
      access.requestOptions(),
      { clock, signal, timeoutMs: timing.answerTimeoutMs },
      'waiting for credentials',
    );
    const secure = url.protocol === 'https:';
    const options: https.RequestOptions = {
      agent: secure ? agents.https : agents.http,
      ...credentials,
      method: methodOf(write),
      headers: {
        ...credentials.headers,
        Accept: 'application/json',
        'User-Agent': 'kube-portal',
        ...(write && { 'Content-Type': write.contentType }),
      },
      signal,
    };
    return new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = secure ? https.request(url, options) : http.request(url, options);
      const deadline = createDeadline(clock, timing.answerTimeoutMs, () =>
        request.destroy(new Error(`no answer within ${timing.answerTimeoutMs} ms`)),
      );
      deadline.push();
      request.on('socket', (socket) => socket.setKeepAlive(true, tcpKeepAliveMs));
      // Stays attached: an error after the answer began must find a listener too.
      request.on('error', (error) => {
        deadline.cancel();
        reject(error);
      });
      request.on('response', (answer) => {
        deadline.cancel();
        resolve(answer);
      });
      request.end(write && JSON.stringify(write.body));
    });
  }

  async function open(url: URL, signal: AbortSignal, write?: ApiWrite): Promise<http.IncomingMessage> {
    const response = await send(url, signal, write);
    if (response.statusCode === 200 || (write && response.statusCode === 201)) return response;
    const limits = { maxBytes: maxErrorBodyBytes, beyond: 'cut', idleMs: timing.bodyIdleMs } as const;
    // Without its text an error is still an error.
    const body = await readBody(response, limits, clock).catch(() => '');
    throw errorFromAnswer(
      attempt(url, write),
      response.statusCode ?? 0,
      { retryAfter: response.headers['retry-after'], contentType: response.headers['content-type'] },
      body,
      clock.now(),
    );
  }

  async function getAnswer(url: URL, signal: AbortSignal, write?: ApiWrite): Promise<unknown> {
    try {
      const response = await open(url, signal, write);
      const limits = { maxBytes: maxBodyBytes, beyond: 'fail', idleMs: timing.bodyIdleMs } as const;
      const text = await readBody(response, limits, clock);
      return parse(text, attempt(url, write), response.headers['content-type']);
    } catch (error) {
      throw withAttempt(url, error, write);
    }
  }

  return {
    server: access.server,
    getStream: async (path, query, signal) => {
      const url = urlOf(access.server, path, query);
      try {
        return await open(url, signal);
      } catch (error) {
        throw withAttempt(url, error);
      }
    },
    getJson: (path, query, signal) => getAnswer(urlOf(access.server, path, query), signal),
    writeJson: (write, path, signal) => getAnswer(urlOf(access.server, path, {}), signal, write),
    refreshCredentials: () => access.refresh(),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** The server's own path counts: `https://host/k8s/clusters/c-1` names a cluster behind a gateway. */
function urlOf(server: string, path: string, query: Query): URL {
  const url = new URL(server.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

/** Without the query: selectors are noise in a message. */
function attempt(url: URL, write?: ApiWrite): string {
  return `${methodOf(write)} ${url.origin}${url.pathname}`;
}

function methodOf(write: ApiWrite | undefined): string {
  return write?.method ?? 'GET';
}

function parse(text: string, attempted: string, contentType: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    const kind = contentType ?? 'no content type';
    throw new MalformedAnswerError(`${attempted}: not JSON (${kind}): ${told}`, { cause: error });
  }
}

function withAttempt(url: URL, error: unknown, write?: ApiWrite): Error {
  if (error instanceof ApiStatusError || error instanceof MalformedAnswerError) return error;
  return new Error(`${attempt(url, write)}: ${describeNetworkError(error)}`, { cause: error });
}

/** Node gives a refused dual-stack dial as an AggregateError with an empty message. */
function describeNetworkError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join(', ');
  }
  return error instanceof Error ? error.message : String(error);
}
