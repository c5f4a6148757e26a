// test/support/kube-trial.ts: what the tests of sources/kube/ share: a recording handler, a recording log, short
// delays, and a source that reads from an api-server.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatRef, type KubeObject, refOf } from '../../lib/model/kube-objects.js';
import type { Log } from '../../lib/proxier/log.js';
import type { Source, SourceHandler } from '../../lib/proxier/source.js';
import { createKubeSource, type KubeSourceOptions } from '../../lib/sources/kube/kube-source.js';
import type { KubeTiming } from '../../lib/sources/kube/timing.js';
import type { KubeconfigWish } from './api-kubeconfig.js';
import { type ApiServer, type ApiServerOptions, createApiServer } from './api-server.js';

export const shortTiming: KubeTiming = {
  backoffInitialMs: 20,
  backoffMaxMs: 200,
  minWatchMs: 100,
  watchTimeoutSeconds: { min: 60, max: 60 },
  watchSlackMs: 1000,
  answerTimeoutMs: 2000,
  bodyIdleMs: 500,
  failingAfterMs: 300,
};

export interface RecordingHandler extends SourceHandler {
  /** `upsert Service default/web`, `remove Node n1`, in the order of the calls. */
  readonly events: string[];
  /** The present state, by formatRef(). */
  readonly objects: Map<string, KubeObject>;
}

export function recordingHandler(): RecordingHandler {
  const events: string[] = [];
  const objects = new Map<string, KubeObject>();
  return {
    events,
    objects,
    upsert: (object) => {
      events.push(`upsert ${formatRef(refOf(object))}`);
      objects.set(formatRef(refOf(object)), object);
    },
    remove: (ref) => {
      events.push(`remove ${formatRef(ref)}`);
      objects.delete(formatRef(ref));
    },
  };
}

export interface RecordingLog extends Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly text: string }[];
}

/** Accepts `(fields, text)` only, as the style asks. */
export function recordingLog(): RecordingLog {
  const lines: RecordingLog['lines'] = [];
  const at = (level: string) => (fields: unknown, text?: unknown) => {
    lines.push({ level, fields: fields as object, text: String(text) });
  };
  const levels = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
  return { lines, ...levels };
}

/** Polls; rejects with `what` after `timeoutMs`. Its timers keep the process alive while it waits. */
export async function until(what: string, holds: () => boolean, timeoutMs = 8000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(5);
  }
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** What tap's `t` has; the folder goes with the test. */
export interface WithTeardown {
  teardown(act: () => void | Promise<void>): void;
}

export async function temporaryFolder(t: WithTeardown): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kube-portal-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface KubeTrialOptions {
  readonly server?: ApiServerOptions;
  readonly kubeconfig?: KubeconfigWish;
  readonly source?: Partial<KubeSourceOptions>;
  /** Instead of a recording one. */
  readonly handler?: SourceHandler;
  /** Before the source starts. */
  readonly prepare?: (server: ApiServer) => void;
}

export interface KubeTrial {
  readonly server: ApiServer;
  readonly source: Source;
  readonly handler: RecordingHandler;
  readonly log: RecordingLog;
  /** `synced` is resolved. */
  isSynced(): boolean;
  /** Synced, and a watch of each kind is open. */
  watching(): Promise<void>;
  /** Events so far, and forgets them. */
  takeEvents(): readonly string[];
}

/** A source that has been started; the test's end closes it and its server. */
export async function kubeTrial(t: WithTeardown, options: KubeTrialOptions = {}): Promise<KubeTrial> {
  const server = await createApiServer(options.server);
  options.prepare?.(server);
  const kubeconfig = await server.writeKubeconfig(await temporaryFolder(t), options.kubeconfig);
  const handler = recordingHandler();
  const log = recordingLog();
  const { timing, ...more } = options.source ?? {};
  const source = await createKubeSource({
    kubeconfig,
    nodeName: 'node-1',
    log,
    timing: { ...shortTiming, ...timing },
    ...more,
  });
  t.teardown(async () => {
    await source.close();
    await server.close();
  });
  let synced = false;
  void source.synced.then(() => {
    synced = true;
  });
  source.start(options.handler ?? handler);
  return {
    server,
    source,
    handler,
    log,
    isSynced: () => synced,
    watching: () => until('synced and watching', () => synced && server.streams().length === 3),
    takeEvents: () => handler.events.splice(0),
  };
}
