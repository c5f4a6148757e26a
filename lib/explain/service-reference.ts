// explain/service-reference.ts: PURE. Which Service somebody means, typed as for kubectl: `ns/name`, `ns/name:port`,
// `svc/name` and `name` with the namespace given apart.

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  /** A port's name or number; undefined: all ports. */
  readonly port: string | undefined;
}

const kinds: ReadonlySet<string> = new Set(['svc', 'service', 'services']);

/** @returns a sentence that says what is wrong with `text`, or what it means */
export function parseServiceReference(
  text: string,
  givenNamespace: string | undefined,
): ServiceReference | string {
  const [path = '', port, ...rest] = text.split(':');
  const parts = path.split('/');
  const isKind = parts.length > 1 && kinds.has(parts[0] ?? '');
  const names = isKind ? parts.slice(1) : parts;
  const isRight =
    rest.length === 0 &&
    port !== '' &&
    names.length <= 2 &&
    names.every((one) => /^[-A-Za-z0-9_.]+$/.test(one));
  if (!isRight)
    return `'${text}' is no Service: type namespace/name, namespace/name:port or svc/name -n namespace`;
  const [first = '', second] = names;
  if (second === undefined) return { namespace: givenNamespace ?? 'default', name: first, port };
  if (givenNamespace !== undefined && givenNamespace !== first)
    return `two namespaces are given: ${first} in '${text}', and ${givenNamespace}`;
  return { namespace: first, name: second, port };
}
