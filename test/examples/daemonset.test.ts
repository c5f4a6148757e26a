// The DaemonSet example: right by the Kubernetes API's schema, by our own flags, and by what iptables needs.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { V1ConfigMap, V1DaemonSet } from '@kubernetes/client-node';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { parseCommandLine } from '../../lib/cli/commands.js';
import { readKubeconfig } from '../../lib/sources/kube/kubeconfig-file.js';
import { type Manifest, schemaViolations } from '../support/kube-schema.js';

const text = readFileSync('examples/daemonset/kube-portal.yaml', 'utf8');
const documents = parseAllDocuments(text);
const manifests = documents.map((document) => document.toJS() as Manifest);

function manifest(kind: string): unknown {
  return manifests.find((candidate) => candidate.kind === kind);
}

const daemonSet = manifest('DaemonSet') as V1DaemonSet;
const template = daemonSet.spec?.template;
const pod = template?.spec;
const container = pod?.containers[0];
const [initContainer] = pod?.initContainers ?? [];

t.test(
  'every field is one that the Kubernetes API knows, of the right type, and none is missing',
  async (t) => {
    t.same(
      documents.flatMap((document) => document.errors),
      [],
    );
    t.same(
      manifests.map(({ kind }) => kind),
      ['ServiceAccount', 'ClusterRoleBinding', 'ConfigMap', 'DaemonSet'],
    );
    t.same(schemaViolations(manifests), []);
  },
);

t.test('that check refuses unknown, missing and wrong fields', async (t) => {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x' } };
  const wrong = [
    { ...account, metadata: { name: 'x', nmae: 'y' } },
    { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { template: {} } },
    { ...account, automountServiceAccountToken: 'yes' },
    account,
    { apiVersion: 'v1', kind: 'Podd' },
  ];
  const found = schemaViolations(wrong);
  t.match(found[0], /^0: .*nmae.* does not exist/s);
  t.match(found[1], /^1: .*selector.* is missing/s);
  t.match(found[2], /^2: .*'string' is not assignable to type 'boolean/s);
  t.match(found[3], /^4: .*no exported member.*V1Podd/s);
  t.equal(found.length, 4);
});

t.test('kubectl logs -l k8s-app=kube-proxy and rollout restart ds/kube-proxy find it', async (t) => {
  t.match(daemonSet.metadata, { name: 'kube-proxy', namespace: 'kube-system' });
  const labels = { 'k8s-app': 'kube-proxy' };
  t.same(daemonSet.spec?.selector.matchLabels, labels);
  t.same(template?.metadata?.labels, labels);
});

t.test('its arguments are understood, and the pod outlives the shutdown grace period', async (t) => {
  const invocation = parseCommandLine(container?.args ?? [], {
    env: {},
    isTerminal: false,
    hasServiceAccountToken: true,
    readConfigFile: () => '',
  });
  t.match(invocation, {
    command: 'run',
    options: {
      source: { kind: 'kubeconfig', path: '/etc/kube-portal/kubeconfig.conf' },
      hostnameOverride: '$(node_name)',
      shutdownGraceMs: 30_000,
      oomScoreAdj: -997,
      healthzBindAddress: { host: '0.0.0.0', port: 10_256 },
    },
  });
  t.ok((pod?.terminationGracePeriodSeconds ?? 0) > 30, 'longer than --shutdown-grace-period');
  t.match(container?.env, [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }]);
  for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe]) {
    t.equal(probe?.httpGet?.port, 10_256);
  }
});

t.test('what takes privileges is done before, and the pod starts whatever comes of it', async (t) => {
  t.same(pod?.initContainers?.length, 1);
  t.equal(initContainer?.image, container?.image);
  t.equal(initContainer?.securityContext?.privileged, true);
  t.notOk(container?.securityContext?.privileged);
  t.same(initContainer?.command, ['sh', '-c']);
  const entrypoint = /^ENTRYPOINT \[(.+)\]$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? '';
  const program = `${entrypoint.replaceAll(/[",]/g, '')} `;
  const [line = '', ...more] = initContainer?.args ?? [];
  t.same(more, []);
  t.ok(line.startsWith(program) && line.endsWith(' || true'), line);
  const args = line.slice(program.length, -' || true'.length).split(' ');
  const context = { env: {}, isTerminal: false, hasServiceAccountToken: true, readConfigFile: () => '' };
  const [init, run] = [args, container?.args ?? []].map((argv) => parseCommandLine(argv, context));
  t.match(init, { command: 'init', options: { notices: [] } });
  if (init?.command === 'init' && run?.command === 'run')
    t.same(init.options.conntrack, run.options.conntrack, 'it raises what the run would warn of');
  else t.fail('an init and a run');
});

t.test('names fit together: account, role binding, volumes and mounts', async (t) => {
  t.match(manifest('ServiceAccount'), {
    metadata: { name: pod?.serviceAccountName ?? '', namespace: 'kube-system' },
  });
  t.match(manifest('ClusterRoleBinding'), {
    roleRef: { kind: 'ClusterRole', name: 'system:node-proxier' },
    subjects: [{ kind: 'ServiceAccount', name: pod?.serviceAccountName ?? '', namespace: 'kube-system' }],
  });
  const volumes = pod?.volumes?.map(({ name }) => name).sort();
  t.same(container?.volumeMounts?.map(({ name }) => name).sort(), volumes);
  for (const { name } of initContainer?.volumeMounts ?? []) t.ok(volumes?.includes(name), name);
  t.ok(pod?.volumes?.some(({ configMap }) => configMap?.name === 'kube-portal'));
});

t.test('the kubeconfig is read as it is in a pod: the ServiceAccount’s CA and token file', async (t) => {
  const { metadata, data } = manifest('ConfigMap') as V1ConfigMap;
  t.equal(metadata?.name, 'kube-portal');
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const inPod = data?.['kubeconfig.conf'] ?? '';
  t.equal(inPod.split(folder).length, 3, 'two files of the ServiceAccount');
  // The files of that folder stand in a scratch folder here; any CA will do.
  const scratch = t.testdir({ 'ca.crt': rootCertificates[0] ?? '', token: 'x' });
  const file = join(scratch, 'kubeconfig.conf');
  writeFileSync(file, inPod.replaceAll(folder, scratch));
  const { document } = await readKubeconfig(file, undefined);
  t.match(document, {
    clusters: [
      {
        cluster: {
          server: 'https://api-server.example:6443',
          'certificate-authority': join(scratch, 'ca.crt'),
        },
      },
    ],
    users: [{ user: { 'auth-provider': { config: { tokenFile: join(scratch, 'token') } } } }],
  });
});

t.test('its two capabilities are enough for both variants of iptables', async (t) => {
  const added = container?.securityContext?.capabilities?.add ?? [];
  t.same(container?.securityContext?.capabilities?.drop, ['ALL']);
  const rules = [
    '*nat',
    ':KUBE-PORTALS-CONTAINER - [0:0]',
    '-A PREROUTING -j KUBE-PORTALS-CONTAINER',
    '-A KUBE-PORTALS-CONTAINER -d 10.96.0.1 -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 40000',
    'COMMIT',
    '*filter',
    '-A INPUT -p tcp -m conntrack --ctstate DNAT -j REJECT --reject-with tcp-reset',
    'COMMIT',
    '',
  ].join('\n');
  const bounding = ['-all', ...added.map((name) => `+${name.toLowerCase()}`)].join(',');
  for (const variant of ['nft', 'legacy']) {
    const command = ['setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all'];
    // A network namespace of its own, with the host's root where we are root, else with a mapped one.
    const namespace = process.getuid?.() === 0 ? ['-n'] : ['-U', '-r', '-n'];
    const run = spawnSync('unshare', [...namespace, ...command, `iptables-${variant}-restore`, '--noflush'], {
      input: rules,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
        XTABLES_LOCKFILE: `${t.testdir()}/xtables.lock`,
      },
    });
    t.equal(run.status, 0, `${variant}: ${run.stderr}`);
  }
});
