// sources/kube/fields.ts: reading fields of JSON that may be anything. Pure. A field of a wrong type counts as absent
// and is reported with its path; null is absent, as Go writes empty lists and times.

export interface FieldProblem {
  /** Path of the field, as kubectl prints it: `spec.ports[0].port`. */
  readonly field: string;
  readonly message: string;
}

/** One JSON object inside the document, and where it is. Paths become text only when there is a problem. */
export interface Fields {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly parent: Fields | undefined;
  readonly name: string;
  readonly problems: FieldProblem[];
}

export function rootFields(raw: Readonly<Record<string, unknown>>): Fields {
  return { raw, parent: undefined, name: '', problems: [] };
}

/** What is absent in the source is absent in the result: undefined values become missing keys. */
export type MaybeAbsent<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? T[K] | undefined : T[K];
};

export function present<T extends object>(fields: MaybeAbsent<T>): T {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) result[key] = value;
  }
  return result as T;
}

export function report(fields: Fields, name: string, message: string): void {
  fields.problems.push({ field: pathOf(fields, name), message });
}

export function readString(fields: Fields, name: string): string | undefined {
  return read(fields, name, 'a string', isString);
}

export function readInteger(fields: Fields, name: string): number | undefined {
  return read(fields, name, 'an integer', isInteger);
}

export function readBoolean(fields: Fields, name: string): boolean | undefined {
  return read(fields, name, 'true or false', isBoolean);
}

export function readIntegerOrString(fields: Fields, name: string): number | string | undefined {
  return read(fields, name, 'an integer or a string', isIntegerOrString);
}

export function readOneOf<T extends string>(
  fields: Fields,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const isAllowed = (value: unknown): value is T => allowed.some((one) => one === value);
  return read(fields, name, `one of ${allowed.join(', ')}`, isAllowed);
}

/** A nested object. */
export function readFields(fields: Fields, name: string): Fields | undefined {
  const raw = read(fields, name, 'an object', isRecord);
  return raw === undefined ? undefined : { raw, parent: fields, name, problems: fields.problems };
}

/** A list of objects; elements that are none are reported and left out. */
export function readFieldsList(fields: Fields, name: string): readonly Fields[] | undefined {
  const elements = read(fields, name, 'a list', isList);
  return elements?.flatMap((raw, index) => {
    const element = `${name}[${index}]`;
    if (isRecord(raw)) return [{ raw, parent: fields, name: element, problems: fields.problems }];
    report(fields, element, 'is not an object');
    return [];
  });
}

/** A list of values of one type; others are reported and left out. */
export function readStrings(fields: Fields, name: string): readonly string[] | undefined {
  return readList(fields, name, 'a string', isString);
}

export function readListOf<T extends string>(
  fields: Fields,
  name: string,
  allowed: readonly T[],
): readonly T[] | undefined {
  const isAllowed = (value: unknown): value is T => allowed.some((one) => one === value);
  return readList(fields, name, `one of ${allowed.join(', ')}`, isAllowed);
}

/** String values by name, for labels and the like; only names that `keep` accepts are copied. */
export function readStringMap(
  fields: Fields,
  name: string,
  keep: (key: string) => boolean,
): Readonly<Record<string, string>> | undefined {
  const raw = read(fields, name, 'an object', isRecord);
  if (raw === undefined) return undefined;
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (!keep(key)) continue;
    if (typeof value === 'string') result[key] = value;
    else report(fields, `${name}[${key}]`, 'is not a string');
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function read<T>(
  fields: Fields,
  name: string,
  expected: string,
  accepts: (value: unknown) => value is T,
): T | undefined {
  const value = fields.raw[name];
  if (value === undefined || value === null) return undefined;
  if (accepts(value)) return value;
  report(fields, name, `is not ${expected}`);
  return undefined;
}

function readList<T>(
  fields: Fields,
  name: string,
  expected: string,
  accepts: (value: unknown) => value is T,
): readonly T[] | undefined {
  const elements = read(fields, name, 'a list', isList);
  return elements?.filter((value, index): value is T => {
    if (accepts(value)) return true;
    report(fields, `${name}[${index}]`, `is not ${expected}`);
    return false;
  });
}

function pathOf(fields: Fields, name: string): string {
  const parts = [name];
  for (let at: Fields | undefined = fields; at !== undefined; at = at.parent) parts.unshift(at.name);
  return parts.filter((part) => part !== '').join('.');
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isInteger(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isIntegerOrString = (value: unknown): value is number | string => isInteger(value) || isString(value);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
