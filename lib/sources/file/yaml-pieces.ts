// sources/file/yaml-pieces.ts: cuts a YAML text into pieces that can be parsed on their own, without parsing. Pure.
// Cuts are made at document markers, which YAML lets stand at a line's beginning for nothing else, and, in a document
// too large to be parsed whole (`kubectl get -o yaml` prints one), between the items of its list.

export interface YamlPiece {
  readonly text: string;
  /** The piece begins at the beginning of this line of the file. */
  readonly firstLine: number;
  /** The piece is one item of a list, written with its dash: a sequence of one. */
  readonly isItem: boolean;
}

/** Documents up to this many characters are parsed whole. */
const wholeDocumentLength = 64 * 1024;

export function* yamlPieces(text: string): Generator<YamlPiece> {
  const marker = /^(?:---(?=[ \t\r\n]|$)|\.\.\.[ \t]*\r?(?:\n|$))/gm;
  let start = 0;
  let firstLine = 1;
  for (;;) {
    const match = marker.exec(text);
    const isEndMarker = match?.[0].startsWith('...') ?? false;
    const end = match ? match.index + (isEndMarker ? match[0].length : 0) : text.length;
    const document = text.slice(start, end);
    // Directives and comments belong to the document that they precede.
    if (match && !isEndMarker && isPreamble(document)) continue;
    yield* itemPieces(document, firstLine);
    if (!match) return;
    firstLine += countLines(document);
    start = end;
  }
}

/** A large list as its items and the rest; anything else as it is. */
function* itemPieces(text: string, firstLine: number): Generator<YamlPiece> {
  const whole: YamlPiece = { text, firstLine, isItem: false };
  const items = text.length > wholeDocumentLength ? /^items:[ \t]*\r?\n/m.exec(text) : null;
  // An anchor may be used in another item.
  if (!items || (text.includes('&') && /(?:^|[:-])[ \t]+&[^\s,[\]{}]+[ \t]*\r?$/m.test(text))) {
    yield whole;
    return;
  }
  const start = items.index + items[0].length;
  const indent = /^(?:[ \t]*(?:#.*)?\r?\n)*( *)-[ \t]/.exec(
    text.slice(start, start + wholeDocumentLength),
  )?.[1];
  if (indent === undefined) {
    yield whole;
    return;
  }
  // What ends the list: a line that is indented no deeper than `items` is, and is no item.
  const rest = new RegExp(indent === '' ? '^[^\\s#-]' : '^[^\\s#]', 'm').exec(text.slice(start));
  const end = rest ? start + rest.index : text.length;
  const frame = `${text.slice(0, items.index)}items:\n${text.slice(end)}`;
  if (!/^kind:[ \t]*["']?List["']?[ \t]*(?:#.*)?\r?$/m.test(frame)) {
    yield whole;
    return;
  }
  const dash = new RegExp(`^${indent}-(?=[ \\t])`, 'gm');
  dash.lastIndex = start;
  let from = start;
  let line = firstLine + countLines(text.slice(0, start));
  for (let match = dash.exec(text); match && from < end; ) {
    const next = dash.exec(text);
    const to = next && next.index < end ? next.index : end;
    const item = text.slice(from, to);
    yield { text: item, firstLine: line, isItem: true };
    line += countLines(item);
    from = to;
    match = next;
  }
}

function isPreamble(text: string): boolean {
  return text.split('\n', 200).every((line) => /^\s*$|^\s*#|^%/.test(line));
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
