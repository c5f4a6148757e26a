// cli/field-kind.ts: a flag's value that is checked by the rule of the configuration field it stands for. Pure.
import type { z } from 'zod';
import { InvalidValueError, type ValueKind } from './flag.js';
import { boolean } from './value-kinds.js';

/** How a flag spells the field's JSON value; a list has commas, `gates` are `A=true,B=false`. */
export type Spelling = 'text' | 'number' | 'boolean' | 'list' | 'gates';

export function fieldKind<Schema extends z.ZodType>(
  placeholder: string,
  spelling: Spelling,
  schema: Schema,
): ValueKind<z.output<Schema>> {
  return {
    placeholder,
    parse: (text) => {
      const result = schema.safeParse(read(text, spelling));
      if (result.success) return result.data;
      const [first = '', ...rest] = result.error.issues[0]?.message ?? '';
      throw new InvalidValueError(`${first.toUpperCase()}${rest.join('')}.`);
    },
  };
}

/** What is no number or boolean stays text, which the field's rule refuses. */
function read(text: string, spelling: Spelling): unknown {
  switch (spelling) {
    case 'text':
      return text;
    case 'number':
      return /^[-+]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return boolean.parse(text);
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'gates': {
      const pairs = text.split(',').filter((pair) => pair !== '');
      return Object.fromEntries(
        pairs.map((pair) => {
          const [name = '', value = ''] = pair.split('=');
          return [name.trim(), boolean.parse(value)];
        }),
      );
    }
  }
}
