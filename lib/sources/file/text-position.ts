// sources/file/text-position.ts: where in a text something stands, as editors and compilers count. Pure.

/** What leads from a document's root to one of its fields: `['spec', 'ports', 0, 'port']`. */
export type FieldPath = readonly (string | number)[];

/** Both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Where a file begins. */
export const fileStart: TextPosition = { line: 1, column: 1 };

/** The position of `offset` in `text`, which itself begins at `origin` of its file. */
export function positionAt(text: string, offset: number, origin: TextPosition = fileStart): TextPosition {
  let { line } = origin;
  // Where the line would begin if it were all in `text`.
  let lineStart = 1 - origin.column;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', end + 1)) {
    line += 1;
    lineStart = end + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** `spec.ports[0].port`, as kubectl prints it; keys that are no plain words are quoted. */
export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]+$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
