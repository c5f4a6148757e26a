// model/string-pool.ts: one copy of strings that come again and again, as node names do: parsers make a new one each
// time. Bounded, since nodes come and go over a program's life: it starts over when full, which costs only memory.

const limit = 10_000;

export function createStringPool(): (text: string) => string {
  const pool = new Map<string, string>();
  return (text) => {
    const known = pool.get(text);
    if (known !== undefined) return known;
    if (pool.size >= limit) pool.clear();
    pool.set(text, text);
    return text;
  };
}
