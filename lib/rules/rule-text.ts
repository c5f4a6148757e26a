// rules/rule-text.ts: PURE. One rule as text: splitting it as iptables does, and comparing what we wrote with what
// iptables-save prints, whose quoting and order of matches differ between versions.

/** Words as a shell would see them; iptables-save escapes `"` and `\` inside quotes with a backslash. */
export function splitRule(rule: string): readonly string[] {
  const words: string[] = [];
  for (const [, quoted, plain] of rule.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    words.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/g, '$1'));
  }
  return words;
}

/** The value after an option; undefined when the option is absent or negated (`! -d 10.0.0.0/8`). */
export function optionOf(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 || words[at - 1] === '!' ? undefined : words[at + 1];
}

/** Where `-j` or `-g` leads. */
export function targetOf(rule: string): string | undefined {
  const words = splitRule(rule);
  return optionOf(words, '-j') ?? optionOf(words, '-g');
}

/** Nearly always decided by the first comparison; the second one costs a few microseconds. */
export function sameRule(a: string, b: string): boolean {
  return a === b || normalRule(a) === normalRule(b);
}

export function sameRules(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((rule, at) => sameRule(rule, b[at] ?? '')));
}

const groupStarts: ReadonlySet<string> = new Set(['-s', '-d', '-p', '-i', '-o', '-m', '-j', '-g']);

/** Matches in any order are the same rule: `-m comment … -m tcp …` and `-m tcp … -m comment …`. */
function normalRule(rule: string): string {
  const groups: string[][] = [];
  const words = splitRule(rule);
  words.forEach((word, at) => {
    const negates = word === '!' && groupStarts.has(words[at + 1] ?? '');
    const starts = negates || (groupStarts.has(word) && words[at - 1] !== '!');
    if (starts || groups.length === 0) groups.push([]);
    groups.at(-1)?.push(word);
  });
  return groups
    .map((group) => group.join('\t'))
    .sort()
    .join('\n');
}

/**
 * A comment in iptables-save's spelling. What a name may not hold anyway is replaced: nothing read from a manifest may
 * end the quote or the line. The kernel keeps 255 bytes.
 */
export function commentMatch(text: string): string {
  return `-m comment --comment "${text.replaceAll(/[^\w./:-]/g, '_').slice(0, 255)}"`;
}
