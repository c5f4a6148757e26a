// dataplane/sctp/inside.ts: runs a TAP program of this folder inside a network namespace of its own, as part of a test.
import type { Test } from 'tap';
import { createNamespace, ip } from '../../../lib/demo/namespaces.js';

/** Its own addresses on the loopback interface, beside 127.0.0.0/8 and ::1. */
const addresses = ['fd00::1', 'fd00::2', 'fd00::3'];

/** @param program file of dist/test/dataplane/sctp/, without `.js` */
export async function runInside(t: Test, program: string): Promise<void> {
  const namespace = await createNamespace('sctp');
  t.teardown(() => namespace.close());
  await ip(namespace, [
    'link set dev lo up',
    ...addresses.map((address) => `address add ${address}/128 dev lo nodad`),
  ]);
  const file = new URL(`./${program}.js`, import.meta.url).pathname;
  const result = await namespace.run([process.execPath, file], { timeoutMs: 120_000 });
  const passed = result.stdout.match(/^ok .*$/gm) ?? [];
  t.ok(passed.length > 0, 'the program has tests');
  for (const line of passed) t.pass(line.replace(/^ok \d+ - /, ''));
  t.equal(result.status, 0, 'every one of them passed', {
    diagnostic: result.status !== 0,
    output: result.stdout,
  });
}
