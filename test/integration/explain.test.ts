// `kube-portal explain`, as built, against a running program in a rig: each fault is made with real parts, and each verdict
// is what a user reads.
import t from 'tap';
import type { VerdictCode } from '../../lib/explain/verdict-code.js';
import { explain, faultyServices } from '../support/faulty-services.js';
import { runProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, serveOnPods } from '../support/stage.js';

const { pods, outside, node } = addresses.IPv4;
const [pod = ''] = pods;
/** Begins what a terminal obeys. */
const escapeCode = '\u001b';

interface Case {
  readonly args: readonly string[];
  readonly code: VerdictCode;
  readonly status: 0 | 1;
  readonly text: RegExp;
}

const cases: readonly Case[] = [
  { args: ['default/web'], code: 'served', status: 0, text: /served by 2 endpoints/ },
  { args: ['svc/web', '-n', 'default'], code: 'served', status: 0, text: /served by 2/ },
  { args: ['default/web:80', '--from', pod], code: 'served', status: 0, text: /served/ },
  { args: ['default/web', '--from=external'], code: 'served', status: 0, text: /served/ },
  { args: ['default/dead'], code: 'endpoints-dead', status: 1, text: /does not answer \(refuses\)/ },
  { args: ['default/dns'], code: 'endpoints-dead', status: 1, text: /does not answer \(refuses\)/ },
  { args: ['default/half'], code: 'served-in-part', status: 0, text: /1 of which does not answer: .*:9999/ },
  {
    args: ['default/sleepy'],
    code: 'endpoints-not-ready',
    status: 1,
    text: /none of its 2 endpoints.*not ready/,
  },
  { args: ['default/bare'], code: 'no-slices', status: 1, text: /no EndpointSlice/ },
  { args: ['default/empty'], code: 'no-endpoints', status: 1, text: /its slices have no endpoint/ },
  {
    args: ['default/misnamed'],
    code: 'port-not-in-slices',
    status: 1,
    text: /for http\/TCP\/IPv4, and none for web\/TCP\/IPv4/,
  },
  { args: ['default/headless'], code: 'not-for-us', status: 1, text: /headless.*has no selector/ },
  { args: ['default/elsewhere'], code: 'not-for-us', status: 1, text: /ExternalName/ },
  {
    args: ['default/taken'],
    code: 'nodeport-taken',
    status: 1,
    text: /nodePort 30102: another process.*It is served at clusterIP 10\.96\.1\.8:80/,
  },
  { args: ['default/taken', '--from', pod], code: 'nodeport-taken', status: 1, text: /nodePort 30102/ },
  {
    args: ['default/loser'],
    code: 'clusterip-lost',
    status: 1,
    text: /10\.96\.1\.9:80 belongs to default\/winner/,
  },
  {
    args: ['default/balanced', '--from', '203.0.113.9'],
    code: 'source-range',
    status: 1,
    text: /lets only 192\.168\.77\.0\/24 in/,
  },
  { args: ['default/balanced', '--from', outside], code: 'served', status: 0, text: /served/ },
  { args: ['default/circle'], code: 'endpoints-loop', status: 1, text: /lead back to this proxy/ },
  {
    args: ['default/local'],
    code: 'endpoints-elsewhere',
    status: 1,
    text: /Local, and its only endpoint is not on node here/,
  },
  { args: ['default/stream'], code: 'no-listener', status: 1, text: /switched off/ },
  { args: ['default/wbe'], code: 'no-such-service', status: 1, text: /no Service default\/wbe/ },
  { args: ['default/web:nope'], code: 'no-such-port', status: 1, text: /no such port/ },
  {
    args: ['default/bare', '--from=external'],
    code: 'no-portal',
    status: 1,
    text: /no address for clients outside/,
  },
];

t.test('each verdict, against a running program', async (t) => {
  const stage = await createStage(t, { dataPlane: 'node', addressless: false });
  await stage.manifests.write('all.json', faultyServices);
  await serveOnPods(stage, 'web', { count: 2 });
  await stage.host.tcpEcho(node.pods, 30_102, 'somebody else');
  await stage.serve(['--sctp-relay=off', '--hostname-override=here']);

  const answers: Awaited<ReturnType<typeof explain>>[] = [];
  // Four at a time: most of it is the start of a program.
  for (let at = 0; at < cases.length; at += 4) {
    answers.push(...(await Promise.all(cases.slice(at, at + 4).map(({ args }) => explain(stage, args)))));
  }
  for (const [at, { args, code, status, text }] of cases.entries()) {
    await t.test(args.join(' '), async (t) => {
      const { explanation, status: exit } = answers[at] ?? (await explain(stage, args));
      t.equal(explanation.verdict.code, code);
      t.match(explanation.verdict.text, text);
      t.equal(exit, status, 'the exit status says it, too');
      t.equal(explanation.served, status === 0);
      t.ok(explanation.verdict.next !== undefined || code === 'served', 'what to do next');
    });
  }

  await t.test('the walk says what is really there', async (t) => {
    const { explanation } = await explain(stage, ['default/web']);
    const [port] = explanation.servicePorts;
    t.same(
      port?.portals.map(({ kind, rule }) => [kind, rule.state, rule.variant]),
      [
        ['clusterIP', 'in-place', 'nft'],
        ['nodePort', 'in-place', 'nft'],
      ],
    );
    t.ok(port?.listeners.every(({ isOpen }) => isOpen));
    t.same(
      port?.endpoints.map(({ probe }) => probe?.outcome),
      ['answers', 'answers'],
    );
  });

  await t.test('a name that is nearly right is suggested', async (t) => {
    const { explanation } = await explain(stage, ['default/wbe']);
    t.match(explanation.verdict.next, /default\/web/);
  });

  await t.test('the text is no wider than 100 columns and has no colours', async (t) => {
    for (const name of ['web', 'misnamed', 'balanced', 'sleepy', 'taken']) {
      const { stdout } = await runProgram(stage.rig.node, [
        'explain',
        `default/${name}`,
        `--admin-socket=${stage.adminSocket}`,
      ]);
      t.same(
        stdout.split('\n').filter((line) => line.length > 100),
        [],
      );
      t.notOk(stdout.includes(escapeCode));
      t.match(stdout, /^Verdict {5}\S/m);
    }
  });
});
