// sources/kube/api-error.ts: what a Kubernetes API server says when it says no, as an error with predicates.
// The body of such an answer is a `Status` object (apimachinery meta/v1); proxies in between send anything.

/** The parts of a Status that decide what to do next. */
interface StatusBody {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly causes: readonly string[];
  readonly code: number | undefined;
}

/** An answer that is no success, or an ERROR event inside a watch. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  /** HTTP status, or the code of the Status. */
  readonly status: number;
  /** `Expired`, `Forbidden` ...: metav1.StatusReason, where the server gave one. */
  readonly reason: string | undefined;
  /** What the server asked for, in ms. */
  readonly retryAfterMs: number | undefined;
  /** Reasons of the Status's causes. */
  readonly causes: readonly string[];
  /** The answer to a request, or an ERROR event inside a watch that had been accepted. */
  readonly origin: 'answer' | 'event';

  constructor(
    message: string,
    said: {
      readonly origin: 'answer' | 'event';
      readonly status: number;
      readonly body: StatusBody;
      readonly retryAfterMs: number | undefined;
    },
  ) {
    super(message);
    const { origin, status, body, retryAfterMs } = said;
    this.origin = origin;
    this.status = status;
    this.reason = body.reason;
    this.causes = body.causes;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A 200 that is not what the API promises: no JSON, no list, a line that is no event. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';
}

/** From an answer's head and the first part of its body. `attempted`: `GET https://host/path`. */
export function errorFromAnswer(
  attempted: string,
  status: number,
  headers: { readonly retryAfter: string | undefined; readonly contentType: string | undefined },
  body: string,
  nowMs: number,
): ApiStatusError {
  const parsed = readStatus(parseOrUndefined(body));
  const told = parsed.message ?? describeForeignBody(headers.contentType, body);
  const retryAfterMs = retryAfterFromHeader(headers.retryAfter, nowMs) ?? inMs(parsed.retryAfterSeconds);
  return new ApiStatusError(`${attempted}: HTTP ${status}: ${told}`, {
    origin: 'answer',
    status,
    body: parsed,
    retryAfterMs,
  });
}

/** From the `object` of an ERROR event. */
export function errorFromEvent(attempted: string, object: unknown): ApiStatusError {
  const parsed = readStatus(object);
  // A Status without a code is a server's fault of its own kind: 500 leads to a fresh list after a wait.
  const status = parsed.code ?? 500;
  const told = parsed.message ?? 'no message';
  return new ApiStatusError(`${attempted}: ERROR event ${status}: ${told}`, {
    origin: 'event',
    status,
    body: parsed,
    retryAfterMs: inMs(parsed.retryAfterSeconds),
  });
}

/** The resourceVersion or the continue token is older than what the server keeps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 410;
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 401;
}

/** There is an object of that name. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 409;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 404;
}

/** The server does not understand a parameter, for instance a field selector it does not know. */
export function isBadRequest(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 400;
}

/** The server (another one, or one restored from a backup) has not reached our resourceVersion. */
export function isTooLargeResourceVersion(error: unknown): boolean {
  return error instanceof ApiStatusError && error.causes.includes('ResourceVersionTooLarge');
}

function readStatus(value: unknown): StatusBody {
  const status = asRecord(value);
  const details = asRecord(status.details);
  const causes = Array.isArray(details.causes) ? details.causes : [];
  return {
    reason: asString(status.reason),
    message: asString(status.message),
    code: asNumber(status.code),
    retryAfterSeconds: asNumber(details.retryAfterSeconds),
    causes: causes.flatMap((cause: unknown) => asString(asRecord(cause).reason) ?? []),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not an API server's words; the caller describes the body instead.
    return undefined;
  }
}

/** Seconds or an HTTP date (RFC 9110 10.2.3). */
function retryAfterFromHeader(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function describeForeignBody(contentType: string | undefined, body: string): string {
  const start = body.replace(/\s+/g, ' ').trim().slice(0, 120);
  const kind = contentType ?? 'no content type';
  return start === '' ? `empty answer (${kind})` : `not a Kubernetes Status (${kind}): ${start}`;
}
