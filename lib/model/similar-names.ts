// model/similar-names.ts: PURE. Names that somebody may have meant who typed one that does not exist.

const maxShown = 5;
/** Letters that may be wrong, missing or too many. */
const maxDistance = 2;

/**
 * Of `ns/name` texts those that are like `wanted`, the likest first: the same name in another namespace, few letters off,
 * one name within the other.
 */
export function similarNames(wanted: string, names: Iterable<string>): readonly string[] {
  const found: { readonly name: string; readonly rank: number }[] = [];
  for (const name of names) {
    const rank = rankOf(wanted, name);
    if (rank !== undefined) found.push({ name, rank });
  }
  found.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  return found.slice(0, maxShown).map(({ name }) => name);
}

function rankOf(wanted: string, name: string): number | undefined {
  const [namespace = '', own = ''] = wanted.split('/');
  const [otherNamespace = '', other = ''] = name.split('/');
  const distance = editDistance(own, other);
  const away = namespace === otherNamespace ? 0 : 3;
  if (distance <= maxDistance && distance < other.length) return distance + away;
  if (own.length > 2 && (other.includes(own) || own.includes(other))) return maxDistance + 1 + away;
  return undefined;
}

/** Levenshtein's; anything above maxDistance is as good as infinite. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > maxDistance) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY;
}
