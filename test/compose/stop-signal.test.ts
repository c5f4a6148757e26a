// The first signal and the second one, each as a promise, heard by a process that has nothing else to wait for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';

const program = `
  const { stopSignals } = await import('./dist/lib/compose/stop-signal.js');
  const signals = stopSignals();
  console.log('ready');
  console.log('first', await signals.first);
  console.log('second', await signals.second);
  signals.close();
`;

t.test('it stays alive until it is told to stop, twice, and then ends by itself', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const heard = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data');
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await heard('ready');
  child.kill('SIGTERM');
  await heard('first');
  child.kill('SIGINT');
  const [status] = (await once(child, 'exit')) as [number | null];
  t.equal(status, 0);
  t.equal(output, 'ready\nfirst SIGTERM\nsecond SIGINT\n');
});
