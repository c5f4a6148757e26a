// sources/file/documents.ts: a manifest's text as documents that are parsed one at a time, so that a large file costs
// the memory of its largest document (a YAML parser needs a hundred times the text) and leaves the event loop gaps.
import { type JsonItem, jsonItems } from './json-items.js';
import { scanJson, skipJsonSpace } from './json-scan.js';
import { parseJson } from './parse-json.js';
import { parseYaml } from './parse-yaml.js';
import type { ParsedDocument } from './parsed-document.js';
import { fileStart, positionAt } from './text-position.js';
import { type YamlPiece, yamlPieces } from './yaml-pieces.js';

export interface ManifestDocument {
  /** Its own text: the same text is the same document, wherever it stands. */
  readonly text: string;
  /** Set for YAML, which may be parsed in another thread. */
  readonly yaml: YamlPiece | undefined;
  parse(): ParsedDocument;
}

/**
 * The documents of one file in order, with `undefined` between them where looking for the next takes long. `json`: JSON
 * is expected (YAML is read all the same, as kubectl does).
 */
export function* manifestDocuments(text: string, json: boolean): Generator<ManifestDocument | undefined> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (json && '{['.includes(body.charAt(skipJsonSpace(body, 0)) || ' ') && !/^---/m.test(body)) {
    yield* jsonDocuments(body);
    return;
  }
  for (const piece of yamlPieces(body)) {
    yield { text: piece.text, yaml: piece, parse: () => parseYaml(piece) };
  }
}

/** A JSON file is one value, or several one after the other; a large List is read item by item. */
function* jsonDocuments(text: string): Generator<ManifestDocument | undefined> {
  const items = yield* jsonItems(text);
  if (items) {
    yield* jsonParts(text, items);
    return;
  }
  const whole = parseJson(text, 0, fileStart);
  if (whole.kind === 'value') yield { text, yaml: undefined, parse: () => whole };
  else yield* jsonParts(text, jsonValues(text));
}

/** The values that follow one another in `text`; the last is what is no value. */
function* jsonValues(text: string): Generator<JsonItem> {
  for (let start = skipJsonSpace(text, 0); start < text.length; ) {
    const scan = scanJson(text, start);
    const end = scan.kind === 'value' ? scan.end : text.length;
    yield { start, end };
    start = skipJsonSpace(text, end);
  }
}

function* jsonParts(text: string, parts: Iterable<JsonItem>): Generator<ManifestDocument> {
  let at = 0;
  let position = fileStart;
  for (const { start, end } of parts) {
    const gap = text.slice(at, start);
    const origin = positionAt(gap, gap.length, position);
    const part = text.slice(start, end);
    yield { text: part, yaml: undefined, parse: () => parseJson(part, 0, origin) };
    at = start;
    position = origin;
  }
}
