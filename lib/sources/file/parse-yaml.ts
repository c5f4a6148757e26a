// sources/file/parse-yaml.ts: one piece of a YAML text to its value.
import { parseDocument } from 'yaml';
import { parseJson } from './parse-json.js';
import type { ParsedDocument } from './parsed-document.js';
import { type FieldPath, positionAt, type TextPosition } from './text-position.js';
import type { YamlPiece } from './yaml-pieces.js';

/** The parser needs about a hundred times the text: 200 MiB for this. */
const maxDocumentLength = 2 * 2 ** 20;

export function parseYaml({ text, firstLine, isItem }: YamlPiece): ParsedDocument {
  const origin: TextPosition = { line: firstLine, column: 1 };
  const brace = /^(?:---[ \t]*)?\s*(?=\{)/.exec(text);
  if (brace) {
    const parsed = parseJson(text, brace[0].length, origin);
    if (parsed.kind === 'value' || text.length > maxDocumentLength) return parsed;
  }
  if (text.length > maxDocumentLength) {
    const limit = maxDocumentLength / 2 ** 20;
    const message = `one document of more than ${limit} MiB; part it with "---", or write it as JSON`;
    return { kind: 'syntax-error', position: origin, message };
  }
  // merge: `<<` as Go's YAML reads it. Aliases are bounded by the parser itself (100 a document).
  const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) {
    return {
      kind: 'syntax-error',
      position: positionAt(text, error.pos[0], origin),
      message: error.message,
    };
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (failure) {
    // An alias without its anchor, or too many aliases.
    const { message } = failure as Error;
    return { kind: 'syntax-error', position: origin, message };
  }
  const positionOf = (path: FieldPath): TextPosition => {
    let offset = 0;
    // The nearest parent that exists: a missing field stands nowhere.
    for (let length = 0; length <= path.length; length += 1) {
      const steps = path.slice(0, length);
      const node: unknown = document.getIn(isItem ? [0, ...steps] : steps, true);
      const range = (node as { range?: readonly number[] | null } | undefined)?.range;
      if (range?.[0] === undefined) break;
      offset = range[0];
    }
    return positionAt(text, offset, origin);
  };
  return { kind: 'value', value: isItem ? (value as unknown[])[0] : value, positionOf };
}
