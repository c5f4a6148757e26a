// sources/file/json-items.ts: finds the items of a large JSON list (`kubectl get -o json`) without parsing it, so that
// they can be parsed one at a time: parsed at once, 20,000 objects would need hundreds of MiB. Pure. It trusts nothing:
// what does not look exactly like a list is left to be parsed whole, and then tells its own errors.
import { skipJsonSpace } from './json-scan.js';

export interface JsonItem {
  readonly start: number;
  readonly end: number;
}

/** Texts up to this many characters are parsed whole. */
const wholeTextLength = 64 * 1024;

interface Found {
  readonly items: readonly JsonItem[];
  /** Behind the closing bracket. */
  readonly end: number;
}

/**
 * Returns where the items of a List stand in `text`, or undefined where it is no List, is small, or is not well-formed.
 * Yields nothing after each item: 60 MB take a quarter of a second, which is too long for one go.
 */
export function* jsonItems(text: string): Generator<undefined, readonly JsonItem[] | undefined> {
  if (text.length <= wholeTextLength) return undefined;
  let at = skipJsonSpace(text, 0);
  if (text[at] !== '{') return undefined;
  let found: Found | undefined;
  do {
    const keyStart = skipJsonSpace(text, at + 1);
    const keyEnd = skipValue(text, keyStart);
    const colon = skipJsonSpace(text, keyEnd);
    if (keyEnd === -1 || text[keyStart] !== '"' || text[colon] !== ':') return undefined;
    const start = skipJsonSpace(text, colon + 1);
    let end: number;
    if (found === undefined && text.slice(keyStart, keyEnd) === '"items"' && text[start] === '[') {
      found = yield* elements(text, start);
      if (found === undefined) return undefined;
      end = found.end;
    } else {
      end = skipValue(text, start);
      if (end === -1) return undefined;
    }
    at = skipJsonSpace(text, end);
  } while (text[at] === ',');
  const first = found?.items[0];
  if (text[at] !== '}' || skipJsonSpace(text, at + 1) < text.length || !found || !first) return undefined;
  return isList(`${text.slice(0, first.start)}]${text.slice(found.end)}`) ? found.items : undefined;
}

/** The elements of the array at `start`, if there is nothing but single commas between them. */
function* elements(text: string, start: number): Generator<undefined, Found | undefined> {
  const items: JsonItem[] = [];
  let at = start;
  do {
    const from = skipJsonSpace(text, at + 1);
    const to = skipValue(text, from);
    if (to === -1) return undefined;
    items.push({ start: from, end: to });
    at = skipJsonSpace(text, to);
    yield;
  } while (text[at] === ',');
  return text[at] === ']' ? { items, end: at + 1 } : undefined;
}

/** `frame`: the list without its items. */
function isList(frame: string): boolean {
  try {
    const list: unknown = JSON.parse(frame);
    return typeof list === 'object' && list !== null && 'kind' in list && list.kind === 'List';
  } catch {
    return false;
  }
}

/** The end of the object, array or string at `start`; -1 for anything else, and where the text ends before. */
function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== '{' && first !== '[') {
    const scalar = /^[-+.\w]+/.exec(text.slice(start, start + 100));
    return scalar ? start + scalar[0].length : -1;
  }
  let depth = 0;
  for (let at = start; at !== -1 && at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = skipString(text, at) - 1;
      if (at < 0) return -1;
    } else if (code === 0x7b || code === 0x5b) depth += 1;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
  }
  return -1;
}

function skipString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  return -1;
}
