// explain/table.ts: PURE. Columns of text, aligned, no wider than somebody's terminal. What does not fit is cut, or goes on
// in the next line.

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Where the line is too long, the widest such column gives way: its texts are cut, or wrapped at blanks. */
  readonly excess?: 'cut' | 'wrap';
}

const gap = '  ';
const leastWidth = 8;

/** Lines, the titles first unless all are empty; without blanks at the end. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxWidth: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  const titles = columns.map(({ title }) => title);
  const lines = titles.every((title) => title === '') ? rows : [titles, ...rows];
  const widths = columns.map((_, at) => Math.max(0, ...lines.map((line) => (line[at] ?? '').length)));
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1) - maxWidth;
  const least = columns.map(({ excess: how }, at) =>
    how === 'wrap' ? Math.max(...lines.map((line) => longestWord(line[at] ?? ''))) : leastWidth,
  );
  for (; excess > 0; excess -= 1) {
    const widest = widestOf(columns, widths, least);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return lines.flatMap((line) => {
    const cells = columns.map(({ excess: how }, at) => {
      const width = widths[at] ?? 0;
      const text = line[at] ?? '';
      return how === 'wrap' ? wrap(text, width) : [how === 'cut' ? shorten(text, width) : text];
    });
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, row) =>
      columns
        .map(({ align }, at) => {
          const cell = cells[at]?.[row] ?? '';
          const width = widths[at] ?? 0;
          return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
        })
        .join(gap)
        .trimEnd(),
    );
  });
}

function longestWord(text: string): number {
  return Math.max(...text.split(' ').map(({ length }) => length));
}

/** Of those that may give way and are not at their least. */
function widestOf(
  columns: readonly Column[],
  widths: readonly number[],
  least: readonly number[],
): number | undefined {
  let widest: number | undefined;
  for (const [at, width] of widths.entries()) {
    if (columns[at]?.excess === undefined || width <= (least[at] ?? 0)) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = at;
  }
  return widest;
}

export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Lines of at most `width`, broken at blanks; a word that is longer stays whole, for those who copy it. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** What a terminal would obey is shown as `?`. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '?');
}
