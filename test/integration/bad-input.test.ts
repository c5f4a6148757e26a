// Bad input and bad weather: each says what is wrong and where, and harms nobody else: a Service beside it is served
// the whole time.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { eventually, sleep } from '../support/eventually.js';
import { type Load, startLoad } from '../support/load.js';
import { service, slice } from '../support/objects.js';
import type { Conversation } from '../support/peer-client.js';
import { type Program, runProgram, startProgram } from '../support/portal.js';
import { proxyPorts } from '../support/proxy-ports.js';
import { addresses } from '../support/rig.js';
import { createStage, dataPlanes, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const goodIP = '10.96.0.50';
const [pod1] = addresses.IPv4.pods;

async function writeGood(stage: Stage): Promise<void> {
  await serveOnPods(stage, 'good', { count: 1 });
  const creationTimestamp = '2024-01-01T00:00:00Z';
  await stage.manifests.write('a-good.json', [
    service('good', goodIP, { creationTimestamp }),
    slice('good', [pod1]),
  ]);
}

function loadOnGood(stage: Stage): Load {
  return startLoad(() => stage.pods.tcpRequest(goodIP, 80), { clients: 1, restMs: 20 });
}

async function neverFailed(t: Test, load: Load): Promise<void> {
  const records = await load.stop();
  t.ok(records.length > 0 && records.every(({ reply }) => reply === 'good1'), 'the good Service was served');
}

interface BadManifest {
  readonly what: string;
  readonly content: (stage: Stage) => Promise<readonly KubeObject[]> | readonly KubeObject[] | string;
  /** One line of the log. */
  readonly says: RegExp;
  /** These Services of it answer, or not. */
  readonly served?: readonly string[];
  readonly notServed?: readonly string[];
}

const badManifests: readonly BadManifest[] = [
  {
    what: 'bad YAML',
    content: () =>
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: [unclosed\nspec:\n  clusterIP: 10.96.0.60\n',
    says: /b-bad\.yaml:\d+:\d+/,
  },
  {
    what: 'a clusterIP that is none',
    content: () => [service('no-ip', '10.96.0.999'), slice('no-ip', [pod1])],
    says: /b-bad\.yaml:\d+:\d+.*10\.96\.0\.999/,
  },
  {
    what: 'port 0, beside a port that is right',
    content: () => [
      service('zero', '10.96.0.61', {
        ports: [
          { name: 'bad', port: 0 },
          { name: 'fine', port: 80 },
        ],
      }),
      slice('zero', [pod1], { ports: [{ name: 'fine', port: 8080, protocol: 'TCP' }] }),
    ],
    says: /b-bad\.yaml:\d+:\d+.*1 to 65535.*got 0/,
    served: ['10.96.0.61'],
  },
  {
    what: 'the same clusterIP and port as another Service, which is older',
    content: () => [
      service('thief', goodIP, { creationTimestamp: '2025-01-01T00:00:00Z' }),
      slice('thief', ['10.244.0.99']),
    ],
    says: /default\/thief.*10\.96\.0\.50:80.*belongs to default\/good/,
    served: [goodIP],
  },
  {
    what: 'an endpoint that is its own portal',
    content: () => [
      service('loop', '10.96.0.62'),
      slice('loop', ['10.96.0.62'], { ports: [{ name: '', port: 80, protocol: 'TCP' }] }),
    ],
    says: /default\/loop.*own portal/,
    notServed: ['10.96.0.62'],
  },
  {
    what: 'an endpoint that is a proxy port on an address of this host',
    content: async (stage) => {
      const port = proxyPorts(await stage.saved()).get(`${goodIP}:80/tcp`) ?? 0;
      return [
        service('hijack', '10.96.0.63'),
        slice('hijack', [addresses.IPv4.node.pods, '127.0.0.1'], {
          ports: [{ name: '', port, protocol: 'TCP' }],
        }),
      ];
    },
    says: /default\/hijack.*proxy port of this host/,
    notServed: ['10.96.0.63'],
  },
];

t.test('manifests', { buffered: true }, async (t) => {
  const stage = await createStage(t);
  await writeGood(stage);
  const program = await stage.serve();

  for (const { what, content, says, served = [], notServed = [] } of badManifests) {
    await t.test(what, async (t) => {
      const load = loadOnGood(stage);
      await stage.manifests.write('b-bad.yaml', await content(stage));
      t.match(await program.logged(says), /"level":"(warn|error)"/);
      for (const ip of served) {
        const isServed = async () =>
          (await stage.pods.tcpRequest(ip, 80, { timeoutMs: 300 })).reply === 'good1';
        t.pass(`${ip} is served after ${await eventually(`${ip} is served`, isServed)} ms`);
      }
      for (const ip of notServed) {
        t.match(await stage.pods.tcpRequest(ip, 80), { errorCode: 'ECONNREFUSED' }, `${ip} is refused`);
      }
      await stage.manifests.remove('b-bad.yaml');
      await sleep(300);
      await neverFailed(t, load);
    });
  }

  await t.test(
    'a slice of a Service that does not exist: nothing, and when the Service comes it is served',
    async (t) => {
      const load = loadOnGood(stage);
      const errorsBefore = errorsOf(program).length;
      await stage.manifests.write('b-orphan.json', [slice('orphan', [pod1])]);
      await sleep(500);
      t.equal(errorsOf(program).length, errorsBefore, 'it is no error');
      await stage.manifests.write('b-parent.json', [service('orphan', '10.96.0.64')]);
      await eventually(
        'it is served',
        async () => (await stage.pods.tcpRequest('10.96.0.64', 80, { timeoutMs: 300 })).ok,
      );
      await neverFailed(t, load);
    },
  );

  await t.test('the directory disappears and returns', async (t) => {
    const load = loadOnGood(stage);
    const from = program.log().length;
    await stage.manifests.hide();
    t.match(await program.logged(/services-\w+: does not exist/), /"level":"error"/);
    t.equal((await program.metric('kubeportal_source_healthy')).get(''), 0, 'the source is unhealthy');
    await sleep(500);
    await stage.manifests.show();
    await program.logged(/read again/, 30_000, from);
    t.equal((await program.metric('kubeportal_source_healthy')).get(''), 1);
    await stage.manifests.write('b-after.json', [service('after', '10.96.0.65'), slice('after', [pod1])]);
    await eventually(
      'a change is seen',
      async () => (await stage.pods.tcpRequest('10.96.0.65', 80, { timeoutMs: 300 })).ok,
    );
    await neverFailed(t, load);
  });
});

function errorsOf(program: Program): readonly string[] {
  return program.records().flatMap(({ level, msg }) => (level === 'error' ? [msg] : []));
}

t.test('a start that can not be: the reason, and an exit status', { buffered: true }, async (t) => {
  const stage = await createStage(t);
  await writeGood(stage);
  const folder = stage.manifests.path;
  const { node } = stage.rig;

  t.match(await runProgram(node, ['run', '--manifest', folder]), {
    status: 2,
    stderr: /unknown option '--manifest'.*--manifests/s,
  });
  t.match(await runProgram(node, ['run', `--manifests=${folder}`, '--dial-timeout=1']), {
    status: 2,
    stderr: /--dial-timeout.*unit is missing/s,
  });
  const absent = await runProgram(node, ['run', `--kubeconfig=${folder}/absent`]);
  t.match(absent, { status: 1, stderr: /absent/ });
  t.match(absent.stderr, /ENOENT|no such file|does not exist/i);

  await stage.manifests.write('config.txt', 'apiVersion: v1\nkind: Config\nclusters: [\n');
  t.match(await runProgram(node, ['run', `--kubeconfig=${folder}/config.txt`]), {
    status: 1,
    stderr: /config\.txt:\d+:\d+/,
  });

  // The program looks into /usr/sbin whatever PATH says, so the folder itself has to be empty.
  const without = 'mount -t tmpfs none /usr/sbin && exec "$@"';
  const program = startProgram(node, ['run', `--manifests=${folder}`], {
    wrapper: ['unshare', '--mount', 'sh', '-c', without, 'sh'],
    env: { PATH: '/usr/bin:/bin' },
  });
  t.same(await program.exited, { code: 1, signal: null });
  t.match(program.log().join('\n'), /iptables is not installed.*apt-get install iptables/);
  t.equal(await stage.saved(), '', 'and no rule was touched');
});

t.test('iptables fails half-way, and works again', { buffered: true }, async (t) => {
  const stage = await createStage(t, { variant: 'legacy' });
  await writeGood(stage);
  const bin = join(stage.manifests.path, '..', 'bin');
  const broken = join(bin, 'broken');
  await mkdir(bin);
  for (const tool of ['iptables-legacy-restore', 'ip6tables-legacy-restore']) {
    const script = `#!/bin/sh\n[ -e ${broken} ] && { echo "${tool}: line 3 failed" >&2; exit 1; }\nexec /usr/sbin/${tool} "$@"\n`;
    await writeFile(join(bin, tool), script);
    await chmod(join(bin, tool), 0o755);
  }
  const program = await stage.serve([], { env: { PATH: `${bin}:${process.env.PATH}` } });
  const load = loadOnGood(stage);
  await writeFile(broken, '');
  await stage.manifests.write('b-late.json', [service('late', '10.96.0.66'), slice('late', [pod1])]);
  t.match(await program.logged(/iptables-legacy-restore: line 3 failed/), /"level":"error"/);
  t.match(await stage.pods.tcpRequest('10.96.0.66', 80, { timeoutMs: 300 }), { ok: false });
  t.ok(
    [...(await program.metric('kubeproxy_sync_proxy_rules_iptables_restore_failures_total')).values()].some(
      (n) => n > 0,
    ),
  );
  await rm(broken);
  const elapsedMs = await eventually(
    'it is tried again',
    async () => (await stage.pods.tcpRequest('10.96.0.66', 80, { timeoutMs: 300 })).ok,
    15_000,
  );
  t.comment(`served ${elapsedMs} ms after iptables works again`);
  await neverFailed(t, load);
});

t.test('the port range is used up', { buffered: true }, async (t) => {
  const stage = await createStage(t);
  await writeGood(stage);
  const program = await stage.serve(['--proxy-port-range=39100-39100']);
  const load = loadOnGood(stage);
  await stage.manifests.write('b-more.json', [service('more', '10.96.0.67'), slice('more', [pod1])]);
  t.match(await program.logged(/--proxy-port-range/), /default\/more/, 'the one without a port is named');
  t.match(await stage.pods.tcpRequest('10.96.0.67', 80, { timeoutMs: 300 }), { ok: false });
  t.equal((await program.healthz()).status, 200, 'the proxy itself is well');
  await neverFailed(t, load);
  await stage.manifests.remove('a-good.json');
  await eventually(
    'the port goes to the one who waits',
    async () => (await stage.pods.tcpRequest('10.96.0.67', 80, { timeoutMs: 300 })).ok,
    10_000,
  );
});

for (const dataPlane of dataPlanes) {
  t.test(`more clients than descriptors, ${dataPlane}`, { buffered: true }, async (t) => {
    const stage = await createStage(t, { dataPlane });
    await writeGood(stage);
    const limited = { wrapper: ['prlimit', '--nofile=320:320', '--'] };

    await t.test('the cap refuses the rest, and says so once', async (t) => {
      const program = await stage.serve([], limited);
      const cap = (await program.metric('kubeportal_data_plane_max_connections')).get('') ?? 0;
      t.ok(cap > 5 && cap < 60, `cap ${cap}`);
      await crowd(t, stage, program, cap + 20, /cap on connections reached/);
      const failed = (await program.metric('kubeportal_connections_failed_total')).get(
        '{namespace="default",service="good",port="",protocol="TCP",reason="connection-limit"}',
      );
      // Who looks whether there is room again may have come too early.
      t.ok(failed !== undefined && failed >= 20 && failed < 25, `${failed} are counted`);
      await program.end();
    });

    await t.test('a cap above what there are descriptors for is none', async (t) => {
      const program = await stage.serve(['--max-connections=100000'], limited);
      await crowd(t, stage, program, 100, /cap on connections reached/);
      await program.end();
    });

    await t.test('where descriptors run out below the cap, the program lives on', async (t) => {
      const program = await stage.serve();
      const inUse = (await stage.run(`ls /proc/${program.pid}/fd`)).trim().split('\n').length;
      await stage.run(`prlimit --pid ${program.pid} --nofile=${inUse + 21}:${inUse + 21}`);
      await crowd(t, stage, program, 60);
      await program.end();
    });
  });
}

/** Opens `count` streams at once; of those that can be had all work, and when they are gone there is room again. */
async function crowd(t: Test, stage: Stage, program: Program, count: number, says?: RegExp): Promise<void> {
  const first = await stage.outside.tcpOpen(goodIP, 80);
  const others = await Promise.allSettled(
    Array.from({ length: count - 1 }, () => stage.outside.tcpOpen(goodIP, 80)),
  );
  const opened = others.flatMap((one): Conversation[] => (one.status === 'fulfilled' ? [one.value] : []));
  t.ok(opened.length < count - 1, `${count - 1 - opened.length} of ${count} were refused`);
  if (says) t.match(await program.logged(says), /"level":"warn"/);
  t.equal(await first.exchange('first'), 'first', 'who was there before is not disturbed');
  for (const stream of opened) await stream.exchange('works');
  for (const stream of [first, ...opened]) await stream.close();
  const again = async () => (await stage.outside.tcpRequest(goodIP, 80)).reply === 'good1';
  await eventually('there is room again', again);
  t.equal((await program.healthz()).status, 200);
}
