// explain/screen.ts: a terminal's alternate screen, for a picture that is drawn again and again. Whatever ends the program,
// the terminal is given back as it was.
import type { ReadStream, WriteStream } from 'node:tty';
import type { Size } from './top-text.js';

export interface Screen {
  size(): Size;
  draw(lines: readonly string[]): void;
  /** Resolves when somebody presses q or Ctrl-C. */
  readonly quit: Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const eraseLine = '\x1b[K';
const eraseBelow = '\x1b[J';
/** Ctrl-C and Ctrl-D: in raw mode the terminal makes no signal of them. */
const quitKeys: ReadonlySet<string> = new Set(['q', 'Q', '\x03', '\x04']);

const unsized: Size = { columns: 80, rows: 24 };

type Input = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

export function openScreen(output: WriteStream, input: Input): Screen {
  let closed = false;
  let quitNow = (): void => {};
  const quit = new Promise<void>((resolve) => {
    quitNow = resolve;
  });
  const restore = (): void => {
    if (closed) return;
    closed = true;
    if (input.isTTY) input.setRawMode(false);
    output.write(leave);
  };
  const pressed = (keys: Buffer): void => {
    if ([...keys.toString('latin1')].some((key) => quitKeys.has(key))) quitNow();
  };
  // The last chance, where something exits without closing.
  process.once('exit', restore);
  if (input.isTTY) {
    input.setRawMode(true);
    input.on('data', pressed);
    input.resume();
  }
  output.write(enter);
  return {
    // A terminal that was told no size says 0, or nothing.
    size: () => ({ columns: output.columns || unsized.columns, rows: output.rows || unsized.rows }),
    draw(lines) {
      if (!closed)
        output.write(`${home}${lines.map((line) => `${line}${eraseLine}`).join('\r\n')}${eraseBelow}`);
    },
    quit,
    async close() {
      process.off('exit', restore);
      input.off('data', pressed);
      input.pause();
      restore();
    },
  };
}
