// What must not end the process, or stall it: a fault nobody caught, and a log nobody reads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';

const program = `
  const { createLog } = await import('./dist/lib/compose/log.js');
  const { guardProcess } = await import('./dist/lib/compose/process-guard.js');
  const log = createLog({ loggingFormat: process.argv[1], verbosity: 0 });
  guardProcess(log);
  let ticks = 0;
  setInterval(() => {
    ticks += 1;
    if (ticks === 2) Promise.reject(new Error('nobody caught this'));
    if (ticks === 3) setImmediate(() => { throw new Error('nor this'); });
    if (ticks < 8) log.info({ ticks }, 'line');
    if (ticks === 10) process.stdout.write('alive\\n', () => process.exit(0));
  }, 20);
`;

t.test('it goes on after faults and with its log closed', async (t) => {
  for (const format of ['json', 'text']) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, format], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.once('data', () => child.stderr.destroy());
    const [status] = (await once(child, 'exit')) as [number | null];
    t.equal(status, 0, format);
    t.equal(output, 'alive\n');
  }
});
