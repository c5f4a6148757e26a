// cli/value-kinds.ts: the kinds of values that flags of our own take, each with its parser. Pure.
import type { PortRange } from '../proxier/port-allocator.js';
import { parseDurationMs } from './duration.js';
import { InvalidValueError, type ValueKind } from './flag.js';
import { parsePortRange } from './port-range.js';

/** Go's strconv.ParseBool, which is what pflag takes. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

export const boolean: ValueKind<boolean> = {
  placeholder: 'boolean',
  parse: (text) => {
    const value = booleans.get(text);
    if (value === undefined) throw new InvalidValueError('Allowed are true and false.');
    return value;
  },
};

/** Any text but the empty one. */
export function text(placeholder: string): ValueKind<string> {
  return {
    placeholder,
    parse: (given) => {
      if (given.trim() === '') throw new InvalidValueError('It must not be empty.');
      return given;
    },
  };
}

/** Empty counts as not given, as with kube-proxy: a template may have nothing to put there. */
export function optionalText(placeholder: string): ValueKind<string> {
  return { placeholder, parse: (given) => given.trim() };
}

/** A node's name: kube-proxy trims it and makes it lower case. */
export const nodeName: ValueKind<string> = {
  placeholder: 'name',
  parse: (given) => text('name').parse(given).trim().toLowerCase(),
};

export function integer(placeholder: string, min: number, max: number): ValueKind<number> {
  return {
    placeholder,
    parse: (given) => {
      const value = /^-?\d+$/.test(given) ? Number(given) : Number.NaN;
      if (!(value >= min && value <= max)) {
        throw new InvalidValueError(`Allowed is a whole number from ${min} to ${max}.`);
      }
      return value;
    },
  };
}

/** In milliseconds; zero is allowed, and the flag says what it means. */
export const duration: ValueKind<number> = { placeholder: 'duration', parse: parseDurationMs };

/** In milliseconds; at least 1. */
export const positiveDuration: ValueKind<number> = {
  placeholder: 'duration',
  parse: (given) => {
    const value = parseDurationMs(given);
    if (value === 0) throw new InvalidValueError('It must be longer than 0.');
    return value;
  },
};

export function choice<const Choice extends string>(choices: readonly Choice[]): ValueKind<Choice> {
  return {
    placeholder: choices.join('|'),
    parse: (given) => {
      const value = choices.find((candidate) => candidate === given);
      if (value !== undefined) return value;
      throw new InvalidValueError(
        choices.length === 1 ? `Allowed is only: ${choices[0]}.` : `Allowed are: ${choices.join(', ')}.`,
      );
    },
  };
}

/** A range that names ports: unlike kube-proxy's, which may be any. */
export const givenPortRange: ValueKind<PortRange> = {
  placeholder: 'range',
  parse: (given) => {
    const range = parsePortRange(given);
    if (range === undefined) throw new InvalidValueError('It must name ports: first-last, or first+n.');
    return range;
  },
};
