// The configuration file of the whole program: what it says at the start counts, and so does what it says later, at once
// or after a restart; what is wrong in it is told with its place, and streams go on through all of that.
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { createConfigMapFile } from '../support/config-map.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { type Program, runProgram, startProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, serveOnPods } from '../support/stage.js';

const clusterIP = '10.96.0.40';
const nodePort = 30_040;
const short = { timeoutMs: 500 };
const { node } = addresses.IPv4;

function config(lines: readonly string[]): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${lines.join('\n')}\n`;
}

// These are all of the network namespace, or of the process.
const limits = 'conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 2h}';
const start = [
  'mode: iptables',
  'oomScoreAdj: 17',
  'iptables: {minSyncPeriod: 50ms}',
  'metricsBindAddress: 127.0.0.1:10299',
];

async function scene(t: Test, lines: readonly string[]) {
  const stage = await createStage(t, { addressless: false });
  const file = await createConfigMapFile('config.conf', config([...lines, limits]));
  t.teardown(() => file.close());
  await stage.manifests.write('web.json', [
    service('web', clusterIP, {
      spec: { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort }] },
    }),
    slice('web', addresses.IPv4.pods.slice(0, 1)),
  ]);
  await serveOnPods(stage, 'web', { count: 1 });
  // Without a flag for the verbosity, which would win over the file.
  const run = ['run', `--manifests=${stage.manifests.path}`, '--iptables-variant=nft'];
  const serve = () => startProgram(stage.rig.node, [...run, `--config=${file.path}`]).forwarding();
  /** Writes the file and waits for what the program says to that. */
  const change = async (program: Program, more: readonly string[], said: RegExp): Promise<string> => {
    const from = program.log().length;
    const isLimited = more.some((line) => line.startsWith('conntrack:'));
    await file.write(config([...lines, ...(isLimited ? [] : [limits]), ...more]));
    return program.logged(said, 15_000, from);
  };
  return { stage, file, run, serve, change };
}

const applied = /changes of the configuration file are applied/;

t.test('from the start to a restart', async (t) => {
  const { stage, file, serve, change } = await scene(t, start);
  const program = await serve();
  const stream = await stage.outside.tcpOpen(clusterIP, 80);
  const goesOn = async (what: string) => {
    t.equal(await stream.exchange(what), what, `the stream goes on: ${what}`);
    t.match(await stage.pods.tcpRequest(clusterIP, 80), { reply: 'web1' }, `new ones are served: ${what}`);
  };
  const asked = (address: string) => stage.outside.tcpRequest(address, nodePort, short);

  await t.test('what it says at the start counts', async (t) => {
    const warnings = program.records().filter(({ level }) => level === 'warn');
    t.match(
      warnings,
      [{ about: /config\.conf:3:7 mode/, msg: /iptables/ }],
      'one warning names the other mode',
    );
    t.equal(await readFile(`/proc/${program.pid}/oom_score_adj`, 'utf8'), '17\n');
    t.match(await stage.saved(), /KUBE-PORTALS-FORWARD .*INVALID.* DROP/);
    for (const address of [node.outside, node.pods])
      t.match(await asked(address), { reply: 'web1' }, address);
    const timeout = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait';
    await eventually('the timeout is raised', async () => (await stage.run(`cat ${timeout}`)) === '7200\n');
  });

  await t.test('where nodePorts answer, by range and by family', async (t) => {
    const line = await change(program, ['nodePortAddresses: [192.168.77.0/24, fd00:77::/64]'], applied);
    t.match(JSON.parse(line), { changes: [{ field: 'nodePortAddresses' }] });
    const elsewhere = async () => (await asked(node.pods)).errorCode === 'ECONNREFUSED';
    await eventually('it is refused on the other address', elsewhere);
    t.match(await asked(node.outside), { reply: 'web1' });
    await goesOn('by range');
    await change(program, ['nodePortAddresses: [primary]', 'bindAddress: 10.244.0.1'], applied);
    t.match(await asked(node.outside), { reply: 'web1' }, 'another main address counts after a restart');
  });

  await t.test('which packets are dropped, and how much is said', async (t) => {
    t.notMatch(program.log().join('\n'), /"level":"debug"/);
    const liberal = limits.replace('{', '{tcpBeLiberal: true, ');
    await change(program, [liberal, 'logging: {verbosity: 2}'], applied);
    await eventually('the rule is gone', async () => !(await stage.saved()).includes('INVALID'));
    await goesOn('liberal');
    t.match(await program.logged(/"level":"debug"/, 5000), /"sync"|rules written/, 'each sync is told now');
    await change(program, [], applied);
    await eventually('the rule is back', async () => (await stage.saved()).includes('INVALID'));
  });

  await t.test('what waits for a restart is named', async (t) => {
    const line = await change(program, ['portRange: 20000-20999'], /count after a restart/);
    t.match(JSON.parse(line), { changes: [{ field: 'portRange', before: '', after: '20000-20999' }] });
    await goesOn('waiting');
  });

  await t.test('what is wrong is told with its place, and changes nothing', async (t) => {
    const line = await change(
      program,
      ['nodePortAddresses: [192.168.77.0/33]'],
      /configuration file is wrong/,
    );
    t.match(line, /config\.conf:8:21: nodePortAddresses/);
    await goesOn('broken');
    t.match(await asked(node.outside), { reply: 'web1' });
  });

  await t.test('an unknown field is a warning', async (t) => {
    await change(program, ['nodePorts: 1', 'nodePortAddresses: [127.0.0.0/8]'], applied);
    t.match(program.log().join('\n'), /config\.conf:8:1[^"]*nodePorts/);
    await eventually(
      'as the rest says',
      async () => (await asked(node.outside)).errorCode === 'ECONNREFUSED',
    );
    await goesOn('unknown field');
  });

  t.equal(await stream.finish('end'), 'end');
  t.match(await program.end(), { code: 0 });

  await t.test('after the restart the rest counts', async (t) => {
    await file.write(config([...start, limits, 'nodePortAddresses: [primary]', 'bindAddress: 10.244.0.1']));
    await serve();
    t.match(await asked(node.pods), { reply: 'web1' });
    t.match(await asked(node.outside), { errorCode: 'ECONNREFUSED' });
  });
});

t.test('a server whose address is taken ends the program only where that is wished', async (t) => {
  const lines = [...start, 'healthzBindAddress: 127.0.0.1:10298'];
  const { stage, run, serve, change } = await scene(t, lines);
  const program = await serve();
  const flags = [
    '--logging-format=json',
    '--healthz-bind-address=127.0.0.1:10298',
    '--bind-address-hard-fail',
  ];
  const hard = await runProgram(stage.rig.node, [...run, ...flags]);
  t.equal(hard.status, 1);
  t.match(hard.stderr, /cannot listen on 127\.0\.0\.1:10298.*could not start/);
  t.match(await stage.pods.tcpRequest(clusterIP, 80), { reply: 'web1' });
  await change(program, ['bindAddressHardFail: true'], /count after a restart/);
});
