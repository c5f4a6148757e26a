// demo/story.ts: tells the demo on a terminal: headings, what was run and what it printed, and what that shows. Only
// here is decided how things look.
import type { Clock } from '../proxier/clock.js';
import type { Claim } from './claim.js';
import { wrap } from './text-layout.js';

/** A line of output, with or without a remark. */
export type Shown = string | { readonly text: string; readonly note: string };

export interface Story {
  title(text: string): void;
  /** The next numbered scene. */
  scene(text: string): void;
  say(text: string): void;
  /** As given, indented. */
  show(lines: readonly Shown[]): void;
  /** As given, without an indent: to be copied. */
  verbatim(lines: readonly string[]): void;
  /** What was typed where, and (of) what it printed. */
  command(place: string, command: string, lines: readonly Shown[]): void;
  claim(claim: Claim): void;
  /** All claims again, as a table. */
  summary(claims: readonly Claim[]): void;
  /** Time to read, where somebody does. */
  pause(): Promise<void>;
}

export interface StoryOptions {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly clock: Clock;
  /** How long each pause is, in milliseconds. 0: none. */
  readonly pauseMs: number;
}

const width = 100;
const indent = '  ';
const outputIndent = '    ';
const claimWidth = 44;

export function createStory({ write, colour, clock, pauseMs }: StoryOptions): Story {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const bold = (text: string): string => paint(1, text);
  const faint = (text: string): string => paint(2, text);
  const mark = ({ holds }: Claim): string => (holds ? paint(32, '✓') : paint(31, '✗'));
  let scenes = 0;

  const lines = (text: readonly string[]): void => write(text.map((line) => `${line}\n`).join(''));

  const showOne = (line: Shown): readonly string[] => {
    const { text, note } = typeof line === 'string' ? { text: line, note: '' } : line;
    if (text === '') return [`${outputIndent}${faint(`◂ ${note}`)}`];
    const wrapped = wrap(text, width - outputIndent.length, '    ').map((part) => outputIndent + part);
    if (note === '') return wrapped;
    const last = wrapped.at(-1) ?? '';
    const remark = `◂ ${note}`;
    return last.length + 2 + remark.length <= width
      ? [...wrapped.slice(0, -1), `${last}  ${faint(remark)}`]
      : [...wrapped, `${outputIndent}    ${faint(remark)}`];
  };

  return {
    title: (text) => lines([bold(text)]),
    scene(text) {
      scenes += 1;
      lines(['', bold(`${scenes}. ${text}`)]);
    },
    say: (text) => lines(wrap(text, width - indent.length).map((line) => indent + line)),
    show: (shown) => lines(shown.flatMap(showOne)),
    verbatim: lines,
    command(place, command, shown) {
      const [first = '', ...rest] = wrap(`${promptOf(place)}$ ${command}`, width - indent.length, '    ');
      lines([first, ...rest].map((line) => indent + paint(36, line)));
      lines(shown.length === 0 ? [outputIndent + faint('(nothing)')] : shown.flatMap(showOne));
    },
    claim(claim) {
      const [first = '', ...rest] = wrap(`${claim.text} – ${claim.evidence}`, width - indent.length - 2);
      lines([`${indent}${mark(claim)} ${first}`, ...rest.map((line) => `${indent}  ${line}`)]);
    },
    summary(claims) {
      lines(['', bold('What was claimed, and what showed it')]);
      for (const claim of claims) {
        const left = wrap(claim.text, claimWidth);
        const right = wrap(claim.evidence, width - indent.length - 2 - claimWidth - 2);
        for (let at = 0; at < Math.max(left.length, right.length); at++) {
          const cells = `${(left[at] ?? '').padEnd(claimWidth)}  ${right[at] ?? ''}`;
          lines([`${indent}${at === 0 ? mark(claim) : ' '} ${cells.trimEnd()}`]);
        }
      }
    },
    pause: () => (pauseMs === 0 ? Promise.resolve() : new Promise((done) => clock.after(pauseMs, done))),
  };
}

/** The namespace holds all the pods; a command is run by one of them. */
function promptOf(place: string): string {
  return place === 'pods' ? 'pod' : place;
}
