// sources/file/manifest-content.ts: what one manifest's text says: canonical objects and problems.

import { createPause } from '../../proxier/pause.js';
import { type Decoded, decodeDocument, type Held } from './decode.js';
import { type ReadDocument, readDocuments } from './read-documents.js';
import type { FieldPath, TextPosition } from './text-position.js';

export interface ManifestProblem {
  /** error: something was refused, and what it last was stays in force. warning: it was taken as it is. */
  readonly severity: 'error' | 'warning';
  /** `examples/x.yaml:12:9: Service default/web: spec.ports[0].port: expected ...`. */
  readonly text: string;
}

export interface ManifestContent {
  /** By key; where a file has an object twice, the first. */
  readonly objects: ReadonlyMap<string, Held>;
  /** Objects that are in the file, but refused. */
  readonly refusedKeys: ReadonlySet<string>;
  /** Something in the file can't be told: an object missing from `objects` may still be meant. */
  readonly incomplete: boolean;
  /** A document is not well-formed; the file may be half written. */
  readonly hasSyntaxError: boolean;
  readonly problems: readonly ManifestProblem[];
  /** How many more problems there are than `problems` tells. */
  readonly moreProblems: number;
  /** Objects of documents without problems, by the digest of the document's text. */
  readonly documents: ReadonlyMap<string, readonly Held[]>;
}

export interface ParseOptions {
  /** For messages; `.json` says which syntax is expected. */
  readonly path: string;
  /** The last reading: its documents are not parsed again. */
  readonly previous: ManifestContent;
  readonly onSkipped: (what: string) => void;
  /** Asked now and then; true ends the work with what was read so far. */
  readonly isStopped: () => boolean;
}

const maxProblems = 20;
const sliceMs = 5;

export const emptyContent: ManifestContent = {
  objects: new Map(),
  refusedKeys: new Set(),
  incomplete: false,
  hasSyntaxError: false,
  problems: [],
  moreProblems: 0,
  documents: new Map(),
};

/** Parses a whole text, with gaps for the event loop. */
export async function parseManifest(text: string, options: ParseOptions): Promise<ManifestContent> {
  const { path, previous, isStopped } = options;
  const content = new ContentBuilder(options);
  const pause = createPause(sliceMs);
  for await (const document of readDocuments(text, path.endsWith('.json'), previous.documents)) {
    for (const _ of content.take(document)) {
      await pause();
      if (isStopped()) return content;
    }
    await pause();
    if (isStopped()) return content;
  }
  return content;
}

/** A ManifestContent in the making. */
class ContentBuilder implements ManifestContent {
  readonly objects = new Map<string, Held>();
  readonly refusedKeys = new Set<string>();
  readonly documents = new Map<string, readonly Held[]>();
  readonly problems: ManifestProblem[] = [];
  moreProblems = 0;
  incomplete = false;
  hasSyntaxError = false;
  readonly #options: ParseOptions;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  /** Takes one document, object by object: a List may hold thousands. */
  *take({ digest, known, parse }: ReadDocument): Generator<void> {
    // A known object that is doubled now must be told with its position.
    if (known?.every((held) => !this.objects.has(held.key))) {
      for (const held of known) this.objects.set(held.key, held);
      this.documents.set(digest, known);
      return;
    }
    const parsed = parse();
    if (parsed.kind === 'syntax-error') {
      this.hasSyntaxError = true;
      this.incomplete = true;
      this.#report('error', () => parsed.position, parsed.message);
      return;
    }
    const kept: Held[] = [];
    let isClean = true;
    for (const decoded of decodeDocument(parsed.value)) {
      if (!this.#takeObject(decoded, parsed.positionOf)) isClean = false;
      else if (decoded.kind === 'object') kept.push(decoded.held);
      yield;
    }
    if (isClean) this.documents.set(digest, kept);
  }

  /** False when there is something to say about it, which must be said again the next time. */
  #takeObject(decoded: Decoded, positionOf: (path: FieldPath) => TextPosition): boolean {
    switch (decoded.kind) {
      case 'skipped':
        this.#options.onSkipped(decoded.what);
        return true;
      case 'refused':
        if (decoded.key === undefined) this.incomplete = true;
        else this.refusedKeys.add(decoded.key);
        for (const { path, message } of decoded.problems)
          this.#report('error', () => positionOf(path), message);
        return false;
      case 'object': {
        const { held, doubts, path } = decoded;
        if (this.objects.has(held.key)) {
          this.#report(
            'warning',
            () => positionOf(path),
            `${held.key}: is in this file already; the first one is used`,
          );
          return false;
        }
        this.objects.set(held.key, held);
        for (const doubt of doubts) this.#report('warning', () => positionOf(doubt.path), doubt.message);
        return doubts.length === 0;
      }
    }
  }

  /** `position` is worked out only for problems that are told: it may mean to walk the whole text. */
  #report(severity: ManifestProblem['severity'], position: () => TextPosition, message: string): void {
    if (this.problems.length >= maxProblems) {
      this.moreProblems += 1;
      return;
    }
    const { line, column } = position();
    this.problems.push({ severity, text: `${this.#options.path}:${line}:${column}: ${message}` });
  }
}
