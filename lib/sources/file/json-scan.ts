// sources/file/json-scan.ts: walks a JSON text without building its values, to say where something stands: the first
// syntax error, the end of a value, or a field. JSON.parse is faster and gives no positions; a YAML parser gives them
// and needs a hundred times the text's size. So JSON.parse goes first, and this runs only where it failed.
import type { FieldPath } from './text-position.js';

export type JsonScan =
  /** `fieldAt`: offset of the wanted field, or of its nearest parent that exists. */
  | { readonly kind: 'value'; readonly end: number; readonly fieldAt: number }
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

const maxDepth = 500;
const quote = 0x22;
const backslash = 0x5c;

class JsonSyntaxError extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Scans one value from `start` on (white space may precede it); what follows the value is not looked at. */
export function scanJson(text: string, start: number, wanted: FieldPath = []): JsonScan {
  let position = start;
  let fieldAt = start;

  function fail(message: string): never {
    throw new JsonSyntaxError(position, message);
  }
  function skipSpace(): void {
    position = skipJsonSpace(text, position);
  }
  function expect(character: string): void {
    skipSpace();
    if (text[position] !== character) fail(`expected "${character}"${found(text, position)}`);
    position += 1;
  }
  function string(): string {
    const first = position;
    if (text.charCodeAt(position) !== quote)
      fail(`expected a string in double quotes${found(text, position)}`);
    for (position += 1; ; position += 1) {
      const code = text.charCodeAt(position);
      if (code === quote) break;
      // NaN: the text ended.
      if (!(code >= 0x20))
        fail(Number.isNaN(code) ? 'the text ends inside a string' : 'control character in a string');
      if (code !== backslash) continue;
      if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(position, position + 6)))
        fail('unknown escape');
      position += 1;
    }
    position += 1;
    return text.slice(first, position);
  }
  /** Comma-separated members up to `close`; `position` is behind the opening character. */
  function members(close: string, member: (index: number) => void): void {
    skipSpace();
    if (text[position] === close) {
      position += 1;
      return;
    }
    for (let index = 0; ; index += 1) {
      member(index);
      skipSpace();
      if (text[position] === close) break;
      if (text[position] !== ',') fail(`expected "," or "${close}"${found(text, position)}`);
      position += 1;
    }
    position += 1;
  }
  function value(depth: number, onPath: boolean): void {
    if (depth > maxDepth) fail(`nested more than ${maxDepth} deep`);
    skipSpace();
    if (onPath) fieldAt = position;
    const next = onPath && depth < wanted.length ? wanted[depth] : undefined;
    const character = text[position];
    if (character === '{') {
      position += 1;
      members('}', () => {
        skipSpace();
        const key = string();
        expect(':');
        value(depth + 1, next !== undefined && JSON.parse(key) === next);
      });
    } else if (character === '[') {
      position += 1;
      members(']', (index) => value(depth + 1, index === next));
    } else if (character === '"') {
      string();
    } else {
      const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/;
      const match = scalar.exec(text.slice(position, position + 400));
      if (!match) fail(`expected a value${found(text, position)}`);
      position += match[0].length;
    }
  }

  try {
    value(0, true);
    return { kind: 'value', end: position, fieldAt };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { kind: 'error', offset: error.offset, message: error.message };
  }
}

/** The first offset from `position` on that is no white space. */
export function skipJsonSpace(text: string, position: number): number {
  let at = position;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

function found(text: string, position: number): string {
  const character = text[position];
  return character === undefined ? ', the text ends here' : `, got ${JSON.stringify(character)}`;
}
