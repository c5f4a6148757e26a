// cli/config/decode-config.ts: a configuration file's text to its value. Pure. As kube-proxy does, v1alpha1 is decoded
// strictly first; if unknown or duplicate fields are all that is wrong they are left out, and told.
import { isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { z } from 'zod';
import { show } from '../../model/loose-fields.js';
import { ConfigError, type Notice } from './config-error.js';
import { addressDefaults, apiVersion, configSchema, type KubeProxyConfiguration, kind } from './schema.js';

export interface ConfigText {
  /** For messages; nothing is read here. */
  readonly path: string;
  readonly text: string;
}

export interface DecodedConfig {
  readonly config: KubeProxyConfiguration;
  /** Unknown and duplicate fields. */
  readonly doubts: readonly Notice[];
  /** `file:line:column` of a field, or of the nearest section around it that the file has. */
  placeOf(path: readonly PropertyKey[]): string;
}

const mostProblems = 10;

/** Throws ConfigError. */
export function decodeConfig({ path: file, text }: ConfigText, options: { strict: boolean }): DecodedConfig {
  const { document, at, placeOf } = parse(file, text);
  const value = toValue(document, at(0));
  checkKind(value, placeOf);
  const doubts = [...duplicates(document, at), ...unknownFields(value, placeOf)];
  if (options.strict && doubts.length > 0) fail(doubts.map(({ about, text }) => `${about}: ${text}`));
  const result = configSchema.safeParse(value);
  if (!result.success) {
    fail(
      result.error.issues.map((issue) => {
        const got = show(issue.path.reduce<unknown>(child, value));
        return `${placeOf(issue.path)}: ${z.core.toDotPath(issue.path)}: ${issue.message}, got ${got}`;
      }),
    );
  }
  const config: KubeProxyConfiguration = result.data;
  const byDefault = addressDefaults(config.bindAddress);
  return {
    config: {
      ...config,
      healthzBindAddress: config.healthzBindAddress || byDefault.healthzBindAddress,
      metricsBindAddress: config.metricsBindAddress || byDefault.metricsBindAddress,
    },
    doubts,
    placeOf,
  };
}

function fail(problems: readonly string[]): never {
  const more = problems.length - mostProblems;
  const shown = problems.slice(0, mostProblems);
  throw new ConfigError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}

function parse(file: string, text: string) {
  const lineCounter = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  // YAML 1.1, where `yes` is true: that is what Kubernetes' own tools read.
  const documents = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  });
  const [document, ...more] = 'empty' in documents ? [] : documents;
  // What a line of dashes at the file's end begins is nothing.
  const second = more.find(({ contents }) => !isScalar(contents) || contents.value !== null);
  const [error] = document?.errors ?? [];
  if (error !== undefined) fail([`${at(error.pos[0])}: ${error.message}`]);
  if (document === undefined) return fail([`${at(0)}: the file is empty: expected a ${kind}`]);
  if (second !== undefined) {
    fail([`${at(second.range[0])}: a second document begins here: expected one ${kind} and nothing else`]);
  }
  const placeOf = (path: readonly PropertyKey[]): string => {
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      const range = (node as { range?: readonly number[] | null } | undefined)?.range;
      if (range?.[0] !== undefined) return at(range[0]);
    }
    return at(document.contents?.range?.[0] ?? 0);
  };
  return { document, at, placeOf };
}

type YamlDocument = ReturnType<typeof parse>['document'];

function toValue(document: YamlDocument, start: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias without its anchor, or too many aliases.
    throw new ConfigError(`${start}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Of a file that is something else altogether, one message is enough. */
function checkKind(value: unknown, placeOf: DecodedConfig['placeOf']): void {
  if (!isMapping(value)) fail([`${placeOf([])}: expected a ${kind} (a mapping), got ${show(value)}`]);
  for (const [field, expected] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (value[field] !== expected) {
      fail([`${placeOf([field])}: ${field}: expected "${expected}", got ${show(value[field])}`]);
    }
  }
}

/** As Go does, the last one counts. */
function duplicates(document: YamlDocument, at: (offset: number) => string): readonly Notice[] {
  const found: Notice[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) {
          const about = `${at(key.range?.[0] ?? 0)} ${String(key.value)}`;
          found.push({ about, text: 'the field is there twice; the last one counts' });
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** Takes them out of `value`, which is the parser's and nobody else's, so that the rest can be decoded. */
function unknownFields(value: unknown, placeOf: DecodedConfig['placeOf']): readonly Notice[] {
  const issues = configSchema.safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    const section = issue.path.reduce<unknown>(child, value);
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      if (isMapping(section)) delete section[key];
      return {
        about: `${placeOf(path)} ${z.core.toDotPath(path)}`,
        text: `unknown field${suggestion(issue.path, key)}; it is left out`,
      };
    });
  });
}

/** For the usual mistake: `clusterCidr`. */
function suggestion(section: readonly PropertyKey[], key: string): string {
  const known = Object.keys(Object(section.reduce<unknown>(child, configSchema.parse({}))));
  const meant = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return meant === undefined ? '' : ` (did you mean ${meant}?)`;
}

function child(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
