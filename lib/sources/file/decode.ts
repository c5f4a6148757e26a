// sources/file/decode.ts: from a parsed document's value to the objects in it. Pure.
// Lists are opened up, other kinds passed over, each object is checked against its schema on its own, and kept as
// canonical JSON: equal texts are equal objects, and no substring keeps a whole file's text in memory.
import { formatRef, type KubeKind, type KubeObject, refOf } from '../../model/kube-objects.js';
import { doubtsOf } from './doubts.js';
import { apiVersions, schemas } from './schema.js';
import { type FieldPath, formatFieldPath } from './text-position.js';

/** One good object. */
export interface Held {
  /** formatRef() of the object. */
  readonly key: string;
  readonly json: string;
}

/** `message` names the object and the field; `path` leads there from the document's root. */
export interface DecodeProblem {
  readonly path: FieldPath;
  readonly message: string;
}

export type Decoded =
  | {
      readonly kind: 'object';
      readonly held: Held;
      readonly path: FieldPath;
      readonly doubts: readonly DecodeProblem[];
    }
  /** Not a kind that we read. */
  | { readonly kind: 'skipped'; readonly what: string }
  /** `key` is undefined where it can't be told which object it was meant to be. */
  | {
      readonly kind: 'refused';
      readonly key: string | undefined;
      readonly problems: readonly DecodeProblem[];
    };

/** What a typed list (`ServiceList`) says about its items, which carry no kind of their own in Go's encoding. */
interface Inherited {
  readonly apiVersion: unknown;
  readonly kind: string;
}

const maxListDepth = 8;
const maxProblemsPerObject = 5;

/** The object that a canonical JSON text was made from. */
export function objectOf(held: Held): KubeObject {
  // The text was written by decodeDocument() from what its schema let through.
  return JSON.parse(held.json) as KubeObject;
}

/** Everything in one document, in order. An empty document holds nothing. */
export function* decodeDocument(
  value: unknown,
  path: FieldPath = [],
  inherited?: Inherited,
): Generator<Decoded> {
  if (value === null || value === undefined) return;
  if (!isMapping(value)) {
    yield refuse(undefined, path, `expected a Kubernetes object (a mapping), got ${show(value)}`);
    return;
  }
  const kind = value.kind ?? inherited?.kind;
  const apiVersion = value.apiVersion ?? inherited?.apiVersion;
  if (typeof kind !== 'string' || kind === '') {
    yield refuse(undefined, [...path, 'kind'], `kind: expected a string, got ${show(value.kind)}`);
    return;
  }
  if (kind.endsWith('List') && 'items' in value) {
    yield* decodeList(value.items, path, kind, apiVersion);
    return;
  }
  if (!isReadKind(kind)) {
    yield { kind: 'skipped', what: typeof apiVersion === 'string' ? `${apiVersion} ${kind}` : kind };
    return;
  }
  if (typeof apiVersion === 'string' && apiVersion !== apiVersions[kind]) {
    yield { kind: 'skipped', what: `${apiVersion} ${kind}` };
    return;
  }
  yield decodeObject(kind, apiVersion, value, path);
}

function* decodeList(items: unknown, path: FieldPath, kind: string, apiVersion: unknown): Generator<Decoded> {
  if (items === null) return;
  const itemsPath = [...path, 'items'];
  if (!Array.isArray(items)) {
    yield refuse(undefined, itemsPath, `${kind}: items: expected a list, got ${show(items)}`);
    return;
  }
  // Each level of lists adds one 'items' and one index.
  if (itemsPath.length > 2 * maxListDepth) {
    yield refuse(undefined, itemsPath, `${kind}: lists are nested more than ${maxListDepth} deep`);
    return;
  }
  const inherited = kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) };
  for (const [index, item] of items.entries()) {
    yield* decodeDocument(item, [...itemsPath, index], inherited);
  }
}

function decodeObject(
  kind: KubeKind,
  apiVersion: unknown,
  value: Readonly<Record<string, unknown>>,
  path: FieldPath,
): Decoded {
  const key = identityOf(kind, value.metadata);
  const label = key ?? kind;
  if (apiVersion !== apiVersions[kind]) {
    const message = `${label}: apiVersion: expected "${apiVersions[kind]}", got ${show(apiVersion)}`;
    return refuse(key, [...path, 'apiVersion'], message);
  }
  const result = schemas[kind].safeParse({ ...value, kind });
  if (!result.success) {
    const problems = result.error.issues.slice(0, maxProblemsPerObject).map((issue) => {
      const field = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      const got = show(valueAt(value, field));
      return {
        path: [...path, ...field],
        message: `${label}: ${formatFieldPath(field)}: ${issue.message}, got ${got}`,
      };
    });
    return { kind: 'refused', key, problems };
  }
  // Fields that are absent are undefined in it, which JSON leaves out.
  const object = result.data as KubeObject;
  const held = { key: formatRef(refOf(object)), json: JSON.stringify(object) };
  const doubts = doubtsOf(object).map((doubt) => ({
    path: [...path, ...doubt.path],
    message: `${label}: ${formatFieldPath(doubt.path)}: ${doubt.message}`,
  }));
  return { kind: 'object', held, path, doubts };
}

/** formatRef() of the object that this metadata names, if it does. */
function identityOf(kind: KubeKind, metadata: unknown): string | undefined {
  if (!isMapping(metadata)) return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || name === '') return undefined;
  if (kind === 'Node') return formatRef({ kind, namespace: '', name });
  if (namespace === undefined || namespace === null || namespace === '') {
    return formatRef({ kind, namespace: 'default', name });
  }
  return typeof namespace === 'string' ? formatRef({ kind, namespace, name }) : undefined;
}

function refuse(key: string | undefined, path: FieldPath, message: string): Decoded {
  return { kind: 'refused', key, problems: [{ path, message }] };
}

function isReadKind(kind: string): kind is KubeKind {
  return Object.hasOwn(schemas, kind);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return current;
}

/** What was found instead, short enough for a message. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
