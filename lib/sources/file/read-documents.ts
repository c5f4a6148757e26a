// sources/file/read-documents.ts: the documents of a text in order, parsed where it costs least: not at all when the
// same text was read before, here when there is little to parse, in a thread of its own when there is much.
import { hash } from 'node:crypto';
import { createPause } from '../../proxier/pause.js';
import type { Held } from './decode.js';
import { type ManifestDocument, manifestDocuments } from './documents.js';
import type { ParsedDocument } from './parsed-document.js';
import type { YamlPiece } from './yaml-pieces.js';
import { startYamlThread, type YamlThread } from './yaml-thread.js';

export interface ReadDocument {
  /** Of the document's text. */
  readonly digest: string;
  /** The objects of a document with the same text, read before. */
  readonly known: readonly Held[] | undefined;
  parse(): ParsedDocument;
}

interface Batched {
  readonly document: ManifestDocument;
  readonly digest: string;
  readonly known: readonly Held[] | undefined;
}

/** This much YAML to be parsed, in characters, is worth a thread (100 ms, say). */
const threadLength = 256 * 1024;
/** Then it is handed over in portions of this size: small, so that little grows old before it is taken. */
const portionLength = 32 * 1024;
const maxBatch = 1000;
const sliceMs = 5;

/** @param known objects by digest, from the last reading. */
export async function* readDocuments(
  text: string,
  json: boolean,
  known: ReadonlyMap<string, readonly Held[]>,
): AsyncGenerator<ReadDocument> {
  let thread: YamlThread | undefined;
  let batch: Batched[] = [];
  let length = 0;
  const pause = createPause(sliceMs);
  try {
    for (const document of manifestDocuments(text, json)) {
      if (document === undefined) {
        await pause();
        continue;
      }
      const digest = hash('sha1', document.text, 'base64');
      const before = known.get(digest);
      batch.push({ document, digest, known: before });
      if (before === undefined && document.yaml) length += document.text.length;
      if (length >= (thread ? portionLength : threadLength)) thread ??= startYamlThread();
      else if (batch.length < maxBatch && document.yaml) continue;
      yield* parsed(batch, thread);
      batch = [];
      length = 0;
    }
    yield* parsed(batch, thread);
  } finally {
    await thread?.close();
  }
}

async function* parsed(
  batch: readonly Batched[],
  thread: YamlThread | undefined,
): AsyncGenerator<ReadDocument> {
  const pieces: YamlPiece[] = [];
  for (const { document, known } of batch) if (!known && document.yaml) pieces.push(document.yaml);
  const reply = thread && pieces.length > 0 ? await thread.parse(pieces) : [];
  let next = 0;
  for (const { document, digest, known } of batch) {
    const json = !known && document.yaml ? reply[next++] : undefined;
    yield { digest, known, parse: () => (json === undefined ? document.parse() : fromJson(json, document)) };
  }
}

function fromJson(json: string, document: ManifestDocument): ParsedDocument {
  return {
    kind: 'value',
    value: JSON.parse(json),
    positionOf: (path) => {
      const here = document.parse();
      return here.kind === 'value' ? here.positionOf(path) : here.position;
    },
  };
}
