// cli/config/field-path.ts: a field of a configuration by its path, `conntrack.min`. Pure; nothing is changed in place.

/** Sections and a field's name, with dots between them. No field's name has a dot in it. */
export type FieldPath = string;

/** undefined where there is no such field. */
export function valueAt(config: object, path: FieldPath): unknown {
  let value: unknown = config;
  for (const name of path.split('.')) value = isSection(value) ? value[name] : undefined;
  return value;
}

/** A copy of `config` with another value there. */
export function withValue<Config extends object>(config: Config, path: FieldPath, value: unknown): Config {
  const [name = '', ...rest] = path.split('.');
  const before: unknown = Object.entries(config).find(([key]) => key === name)?.[1];
  const after = rest.length === 0 || !isSection(before) ? value : withValue(before, rest.join('.'), value);
  return { ...config, [name]: after };
}

/** Values are JSON; keys of a mapping may come in any order. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
