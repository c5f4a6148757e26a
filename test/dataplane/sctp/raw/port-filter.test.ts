import t from 'tap';
import { filterProgram, type Instruction } from '../../../../lib/dataplane/sctp/raw/port-filter.js';

/** Runs a filter on a packet to `port`, as bpf(4) says; what it returns. */
function run(program: readonly Instruction[], port: number, headerBytes: number): number {
  const packet = Buffer.alloc(headerBytes + 12);
  packet[0] = 0x40 | (headerBytes / 4);
  packet.writeUInt16BE(port, headerBytes + 2);
  let accumulator = 0;
  let index = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, ifTrue, ifFalse, operand] = program[at] ?? [6, 0, 0, 0];
    if (code === 0xb1) index = ((packet[operand] ?? 0) & 15) << 2;
    else if (code === 0x48) accumulator = packet.readUInt16BE(index + operand);
    else if (code === 0x28) accumulator = packet.readUInt16BE(operand);
    else if (code === 0x15) at += accumulator === operand ? ifTrue : ifFalse;
    else if (code === 0x25) at += accumulator > operand ? ifTrue : ifFalse;
    else if (code === 0x35) at += accumulator >= operand ? ifTrue : ifFalse;
    else if (code === 6) return operand;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program has no end');
}

t.test('lets through what is for a port of ours, and nothing else', async (t) => {
  const range = { first: 20_000, last: 20_100 };
  const four = filterProgram('IPv4', range, [10_000, 10_001]) ?? [];
  const six = filterProgram('IPv6', range, [10_000, 10_001]) ?? [];
  for (const port of [10_000, 10_001, 20_000, 20_050, 20_100]) {
    for (const header of [20, 24, 60]) t.equal(run(four, port, header), 0xffff_ffff, `${port}`);
    t.equal(run(six, port, 0), 0xffff_ffff, `${port}`);
  }
  for (const port of [0, 7, 9999, 10_002, 19_999, 20_101, 65_535]) {
    t.equal(run(four, port, 20), 0, `${port}`);
    t.equal(run(six, port, 0), 0, `${port}`);
  }
});

t.test('with very many ports a filter would not pay', async (t) => {
  t.equal(
    filterProgram(
      'IPv4',
      { first: 1, last: 2 },
      Array.from({ length: 257 }, (_, port) => port),
    ),
    undefined,
  );
});
