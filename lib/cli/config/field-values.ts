// cli/config/field-values.ts: the kinds of values that fields of KubeProxyConfiguration take, with kube-proxy's rules
// for each. A flag that stands for a field is checked by the same. Messages follow the field's name: `expected …`.
import { z } from 'zod';
import { cidrOf } from '../../model/cidr.js';
import { looseIp } from '../../model/ip.js';
import { parseBindAddress } from '../bind-address.js';
import { formatDuration, parseDurationMs } from '../duration.js';
import { InvalidValueError } from '../flag.js';
import { parsePortRange } from '../port-range.js';

export const flag = z.boolean({ error: 'expected true or false' });
export const text = z.string({ error: 'expected a string' });
export const number = z.number({ error: 'expected a number' });

export function integer(min: number, max: number = 2 ** 31 - 1) {
  const error =
    max === 2 ** 31 - 1
      ? `expected a whole number, ${min} or more`
      : `expected a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, error).max(max, error);
}

export function oneOf(...values: readonly string[]) {
  const error = `expected one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
  return text.refine((value) => values.includes(value), error);
}

/** Checks with a parser of the command line's, which throws InvalidValueError; keeps the text. */
function checked(parse: (value: string) => string, base: z.ZodType<string, string> = text) {
  return base.transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      const [first = '', ...rest] = error.message;
      context.addIssue({ code: 'custom', message: first.toLowerCase() + rest.join('').replace(/\.$/, '') });
      return z.NEVER;
    }
  });
}

const durationText = z.string({ error: 'expected a duration such as 30s' });

/** In Go's canonical spelling; 0 is allowed. At most what a timer can be set for. */
export const duration = checked((value) => formatDuration(parseDurationMs(value)), durationText);

/** Likewise, for the kernel: up to what its counters of seconds hold. */
export const kernelDuration = checked(
  (value) => formatDuration(parseDurationMs(value, (2 ** 31 - 1) * 1000)),
  durationText,
);

/** Longer than 0. */
export const period = duration.refine((value) => value !== '0s', 'it must be longer than 0');

/** As klog's: a duration, or a number of nanoseconds. */
export const durationOrNanoseconds = z
  .union([durationText, z.int().min(0)], { error: 'expected a duration such as 5s' })
  .transform((value) => (typeof value === 'number' ? `${value}ns` : value))
  .pipe(duration);

export const ipAddress = text.refine((value) => looseIp(value) !== undefined, 'expected an IP address');

/** `ip:port`, with the default port where none is given; '' is left as it is. */
export function address(defaultPort: number) {
  return checked((value) => {
    const parsed = parseBindAddress(value, defaultPort);
    if (parsed === undefined) return '';
    return parsed.host.includes(':') ? `[${parsed.host}]:${parsed.port}` : `${parsed.host}:${parsed.port}`;
  });
}

export const portRange = checked((value) => {
  parsePortRange(value);
  return value;
});

const cidrWanted = 'expected a CIDR such as 10.244.0.0/16 or fd00:10:244::/56';
export const cidr = text.refine((value) => cidrOf(value) !== undefined, cidrWanted);

export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: 'expected a list' });
}

/** '', a CIDR, or one of each family with a comma between them. */
export const clusterCidr = text.refine((value) => {
  if (value === '') return true;
  const families = value.split(',').map((part) => cidrOf(part)?.ipFamily);
  return !families.includes(undefined) && new Set(families).size === families.length;
}, `${cidrWanted}, or one of each family with a comma between them`);

/** CIDRs, or the one word `primary`. */
export const nodePortAddresses = list(
  text.refine((value) => value === 'primary' || cidrOf(value) !== undefined, `${cidrWanted}, or "primary"`),
).refine(
  (values) => values.length < 2 || !values.includes('primary'),
  'expected CIDRs or "primary", not both',
);

/**
 * '' or a name as the kernel allows (IFNAMSIZ: 15 bytes) and iptables takes as it is: no plus at its end, which would
 * stand for any ending.
 */
export const interfaceName = text.regex(
  /^(?:[\w.:][\w.:-]{0,14})?$/,
  'expected the name of a network interface (at most 15 of letters, digits and ._:-)',
);

/** '' or `1.36`. */
export const minorVersion = text.regex(/^(?:\d+\.\d+)?$/, 'expected a version such as 1.35');

/** How much memory, as Kubernetes writes it: `512`, `1K`, `2Ki`. A number is one too. */
export const quantity = z
  .union([z.string(), z.number()], { error: 'expected an amount such as 0 or 2Ki' })
  .transform(String)
  .refine(
    (value) => /^\d+(?:\.\d+)?(?:[numkKMGTPE]|[KMGTPE]i)?$/.test(value),
    'expected an amount such as 0 or 2Ki',
  );

export const featureGates = z.record(text, flag, { error: 'expected a mapping' });

export const nodeName = text
  .transform((value) => value.trim().toLowerCase())
  .refine((value) => !/\s/.test(value), 'expected the name of a Node');
