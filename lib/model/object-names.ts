// model/object-names.ts: the names of objects that nobody has checked: a reference that can always be formed, and what
// is wrong with it. Names end up in keys (`ns/name:port/TCP/IPv4`) and in rule comments, hence the few characters.
import { flatString } from './flat-string.js';
import { formatRef, type KubeKind, type KubeObject, type ObjectRef } from './kube-objects.js';
import { fieldsOf, show, textOf } from './loose-fields.js';
import type { ModelProblem } from './snapshot.js';

/** As formatRef() and refOf(), for an object of any shape: what is missing is `?`. */
export function refTextOf(object: KubeObject): string {
  const { kind, metadata } = fieldsOf(object);
  const { namespace, name } = fieldsOf(metadata);
  return refText({
    kind: textOf(kind),
    namespace: kind === 'Node' ? '' : textOf(namespace),
    name: textOf(name),
  });
}

/** The same text for the same object as refTextOf(). */
export function refText(ref: LooseRef | ObjectRef): string {
  const text = formatRef({
    kind: (textOf(ref.kind) ?? '?') as KubeKind,
    namespace: ref.kind === 'Node' ? '' : textOf(ref.namespace) || '?',
    name: textOf(ref.name) || '?',
  });
  return flatString(text);
}

interface LooseRef {
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Why the object can't be told from others, or can't be named in keys and rules; empty when it can. */
export function metadataProblems(object: KubeObject): readonly ModelProblem[] {
  const { kind, metadata } = fieldsOf(object);
  const fields = fieldsOf(metadata);
  const required = kind === 'Node' ? ['name'] : ['namespace', 'name'];
  return required
    .filter((field) => !isObjectName(fields[field]))
    .map((field) => ({
      object: refTextOf(object),
      field: `metadata.${field}`,
      message: `${show(fields[field])} is not a ${field}: the object is left out`,
    }));
}

/** DNS subdomains (RFC 1123), upper case and _ let through: they are wrong in the API and harmless here. */
function isObjectName(value: unknown): boolean {
  return typeof value === 'string' && /^[-A-Za-z0-9_.]{1,253}$/.test(value);
}
