// test/support/api-selectors.ts: label and field selectors as the API server reads them, for api-server.ts.
import type { RawObject } from './api-objects.js';

export type Matches = (object: RawObject) => boolean;

/** The server answers 400 with the message. */
export class BadSelectorError extends Error {
  override readonly name = 'BadSelectorError';
}

export function labelMatcher(selector: string): Matches {
  const terms = splitTerms(selector).map(labelTerm);
  return (object) => terms.every((term) => term(object.metadata.labels ?? {}));
}

/** @param known the fields that objects of this kind may be selected by */
export function fieldMatcher(selector: string, known: readonly string[]): Matches {
  const terms = splitTerms(selector).map((text) => fieldTerm(text, known));
  return (object) => terms.every((term) => term(object));
}

/** At commas outside of parentheses. */
function splitTerms(selector: string): readonly string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelTerm(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const key = '([A-Za-z0-9][-A-Za-z0-9_./]*)';
  const set = new RegExp(`^${key}\\s+(in|notin)\\s+\\(([^)]*)\\)$`).exec(text);
  if (set !== null) {
    const [, name = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[name] ?? '\0') === (operator === 'in');
  }
  const equal = new RegExp(`^${key}\\s*(!=|==|=)\\s*([-A-Za-z0-9_.]*)$`).exec(text);
  if (equal !== null) {
    const [, name = '', operator, value = ''] = equal;
    return (labels) => (labels[name] === value) === (operator !== '!=');
  }
  const existence = new RegExp(`^(!?)\\s*${key}$`).exec(text);
  if (existence === null) throw new BadSelectorError(`unable to parse requirement: ${text}`);
  const [, negated, name = ''] = existence;
  return (labels) => Object.hasOwn(labels, name) === (negated === '');
}

function fieldTerm(text: string, known: readonly string[]): Matches {
  const parts = /^([^=!]+)(!=|==|=)(.*)$/.exec(text);
  if (parts === null) throw new BadSelectorError(`invalid field selector: ${text}`);
  const [, path = '', operator, wanted = ''] = parts;
  if (!known.includes(path)) throw new BadSelectorError(`field label not supported: ${path}`);
  return (object) => (valueAt(object, path) === wanted) === (operator !== '!=');
}

function valueAt(object: RawObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) {
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  }
  return typeof value === 'string' ? value : '';
}
