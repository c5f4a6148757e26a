// sources/file/parsed-document.ts: what the JSON and the YAML parser both give.
import type { FieldPath, TextPosition } from './text-position.js';

export type ParsedDocument =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** Where a field stands, or its nearest parent that exists. May walk the whole document. */
      readonly positionOf: (path: FieldPath) => TextPosition;
    }
  | { readonly kind: 'syntax-error'; readonly position: TextPosition; readonly message: string };
