// sources/file/parse-json.ts: a JSON text to its value. JSON.parse does the work; positions are sought only when asked.
import { scanJson, skipJsonSpace } from './json-scan.js';
import type { ParsedDocument } from './parsed-document.js';
import { type FieldPath, positionAt, type TextPosition } from './text-position.js';

/** Parses the JSON value of `text` from `start` to the end of the text. */
export function parseJson(text: string, start: number, origin: TextPosition): ParsedDocument {
  try {
    const value: unknown = JSON.parse(start === 0 ? text : text.slice(start));
    const positionOf = (path: FieldPath): TextPosition => {
      const scan = scanJson(text, start, path);
      return positionAt(text, scan.kind === 'value' ? scan.fieldAt : scan.offset, origin);
    };
    return { kind: 'value', value, positionOf };
  } catch (error) {
    const scan = scanJson(text, start);
    if (scan.kind === 'error') {
      return {
        kind: 'syntax-error',
        position: positionAt(text, scan.offset, origin),
        message: scan.message,
      };
    }
    const message = `more text after the end of the JSON value (${(error as Error).message})`;
    const rest = skipJsonSpace(text, scan.end);
    return { kind: 'syntax-error', position: positionAt(text, rest, origin), message };
  }
}
