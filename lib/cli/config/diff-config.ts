// cli/config/diff-config.ts: what a changed configuration means to a program that runs. Pure.
import { type FieldPath, isSameValue, valueAt, withValue } from './field-path.js';
import { fieldRules } from './field-rules.js';
import type { KubeProxyConfiguration } from './schema.js';

/** Values as JSON has them. */
export interface FieldChange {
  readonly field: FieldPath;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ConfigDiff {
  /** Can be applied at once. */
  readonly live: readonly FieldChange[];
  /** Count after a restart. */
  readonly restart: readonly FieldChange[];
}

/** Fields without effect are left out. */
export function diffConfig(before: KubeProxyConfiguration, after: KubeProxyConfiguration): ConfigDiff {
  const changes = (kind: 'live' | 'restart'): readonly FieldChange[] =>
    Object.entries(fieldRules).flatMap(([field, rule]) => {
      const change = { field, before: valueAt(before, field), after: valueAt(after, field) };
      const isOfKind = 'change' in rule && rule.change === kind;
      return isOfKind && !isSameValue(change.before, change.after) ? [change] : [];
    });
  return { live: changes('live'), restart: changes('restart') };
}

/** What is in force once the live changes are: `before` with those of `after`. */
export function withLiveChanges(
  before: KubeProxyConfiguration,
  after: KubeProxyConfiguration,
): KubeProxyConfiguration {
  return diffConfig(before, after).live.reduce(
    (config, change) => withValue(config, change.field, change.after),
    before,
  );
}
