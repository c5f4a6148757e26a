// demo/text-layout.ts: PURE. Text for a terminal: breaking lines, and columns that line up.

/**
 * Lines of at most `width` characters, broken at blanks; all but the first start with `hang`. What fits is left as it is,
 * columns and all.
 */
export function wrap(text: string, width: number, hang = ''): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = hang + word;
  }
  return [...lines, line];
}

/** Rows of cells as lines, every column as wide as its widest cell, two blanks apart. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
