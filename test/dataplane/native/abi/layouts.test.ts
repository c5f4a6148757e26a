// Our constants and struct layouts are those of the C headers: C compilers compare them, for each machine there is one
// for. `npm test` installs them as root; without root what is missing is skipped.
import { arch } from 'node:process';
import t from 'tap';
import { type Claim, type Compiler, claims, compile, cProgram, whyNot } from './c-program.js';

const triples = { x64: 'x86_64', arm64: 'aarch64' } as const;
const native = arch === 'arm64' ? 'arm64' : 'x64';
const other = native === 'x64' ? 'arm64' : 'x64';
const crossCompiler = `${triples[other]}-linux-gnu-gcc`;

const targets: readonly { readonly what: string; readonly architecture: string; readonly by: Compiler }[] = [
  { what: `glibc on ${native}`, architecture: native, by: ['gcc'] },
  { what: `glibc on ${other}`, architecture: other, by: [crossCompiler] },
  { what: `musl on ${native}`, architecture: native, by: ['musl-gcc'] },
  {
    // All that this leaves out are musl's own headers for the other architecture, which Debian has only for machines
    // of that kind: bits/alltypes.h, bits/errno.h, bits/fcntl.h and bits/stdint.h. The structs are in the common ones.
    what: `musl's common headers on ${other}`,
    architecture: other,
    by: [crossCompiler, '-nostdinc', '-isystem', `/usr/include/${triples[native]}-linux-musl`],
  },
];

/** Everything is off by one. */
function wrong([expression, value]: Claim): Claim {
  return [expression, value + 1];
}

for (const { what, architecture, by } of targets) {
  const reason = whyNot(by);
  t.test(
    what,
    { skip: reason === undefined ? false : `${reason} (npm test installs it, as root)` },
    async (t) => {
      const all = claims(architecture);
      t.ok(all.length > 90, `${all.length} claims`);
      t.equal(compile(by, cProgram(all)), '', 'all of them hold');
      const said = compile(by, cProgram(all.map(wrong)));
      const missed = all
        .map(wrong)
        .filter(([expression, value]) => !said.includes(`"${expression} is not ${value}"`));
      t.same(missed, [], 'and each is seen to fail when it is wrong');
    },
  );
}

t.test('the architectures differ where we say so, and nowhere else', async (t) => {
  const ofOther = claims(other);
  const differing = claims(native).filter(([, value], at) => value !== ofOther[at]?.[1]);
  t.same(
    differing.map(([expression]) => expression),
    ['sizeof(struct epoll_event)', 'offsetof(struct epoll_event, data)'],
  );
});
