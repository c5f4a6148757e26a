// A walk as text.
import t from 'tap';
import type { Walk } from '../../lib/explain/explanation.js';
import { renderExplanation } from '../../lib/explain/render.js';
import { endpointOf, portalOf, portOf, walkOf, wayOf } from '../support/walk.js';

const verdict = { code: 'served', text: 'All is well.' } as const;
const render = (walk: Walk) =>
  renderExplanation({ apiVersion: 'kube-portal/explain/v1', ...walk, served: true, verdict });

t.test('each part has its field, and nothing is said of what is not there', async (t) => {
  const text = render(walkOf([portOf()]));
  t.equal(
    text,
    `Service     default/web, from anywhere, by the process on node here
Slices      default/web-1  8080/TCP: 2 endpoints

Port        default/web (TCP, IPv4)
Endpoints   10.244.0.1:8080  usable  answers (1 ms)
            10.244.0.2:8080  usable  answers (1 ms)
Portals     clusterIP 10.96.0.1:80  Cluster endpoints  rule in place (nft)
Listeners   Cluster endpoints, port 40000  open  0 open, 0 opened, 0 failed

Verdict     All is well.
`,
  );
});

t.test('what does not fit goes on below, whole', async (t) => {
  const nodeName = 'ip-10-12-13-14.eu-central-1.compute.internal';
  const whyNot = { Local: `on node ${nodeName}, and only those on here count` };
  const ways = [wayOf({ from: 'cluster' }), wayOf({ scope: 'Local', disposition: 'drop' })];
  const sourceRanges = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.128/25', '10.0.0.0/8'];
  const text = render(
    walkOf([
      portOf({
        endpoints: [
          endpointOf(1, 'unreachable', { nodeName, whyNot }),
          endpointOf(2, 'unknown', {
            nodeName,
            probe: { outcome: 'unknown', elapsedMs: 1, error: 'IPv4 only' },
          }),
        ],
        portals: [portalOf({ kind: 'loadBalancer', ip: '198.51.100.80', ways, isLetIn: null, sourceRanges })],
      }),
    ]),
  );
  t.same(
    text.split('\n').filter((line) => line.length > 100),
    [],
  );
  const all = text.replaceAll(/\s+/g, ' ');
  for (const part of [nodeName, ...sourceRanges, 'unreachable', 'everybody:', 'DROP', 'IPv4 only'])
    t.ok(all.includes(part), part);
  t.notOk(text.includes('…'));
});

t.test('the states of portals', async (t) => {
  const nodePort = { kind: 'nodePort', ip: '', port: 30_080 } as const;
  const { rule } = portalOf();
  const table: readonly [portal: Parameters<typeof portalOf>[0], line: RegExp][] = [
    [{ ...nodePort, isBlocked: true }, /nodePort 30080 +TAKEN by another process/],
    [{ ...nodePort, offeredAt: ['192.0.2.1', '192.0.2.2'] }, /nodePort 30080 at 192\.0\.2\.1, 192\.0\.2\.2 /],
    [
      { ...nodePort, offeredAt: [], rule: { ...rule, state: 'not-wanted' } },
      /nodePort 30080 at no address .*no rule wanted/,
    ],
    [{ ways: [], lostTo: 'a/b' }, /LOST to a\/b/],
    [{ isAsked: false }, /not for these clients/],
    [{ kind: 'loadBalancer', isLetIn: false, sourceRanges: [] }, /SHUT OUT: only nobody/],
    [{ kind: 'loadBalancer', isLetIn: true, sourceRanges: ['::/0'] }, /let in by ::\/0/],
    [{ rule: { ...rule, state: 'missing' } }, /NO RULE in the kernel/],
    [{ rule: { ...rule, state: 'unreached' } }, /rule UNREACHED: no jump to it/],
    [{ rule: { ...rule, state: 'elsewhere' } }, /rule leads ELSEWHERE/],
  ];
  for (const [portal, line] of table)
    t.match(render(walkOf([portOf({ portals: [portalOf(portal)] })])), line);
});

t.test('a long list ends with how many there are more', async (t) => {
  const endpoints = Array.from({ length: 30 }, (_, at) => endpointOf(at + 1));
  const text = render(walkOf([portOf({ endpoints, endpointsTotal: 2000 })]));
  t.match(text, /\n {12}and 1980 more: --json shows them\n/);
  t.equal(text.split('\n').filter((line) => line.includes('answers')).length, 20);
});

t.test('of UDP, silence is explained; escape codes are not printed', async (t) => {
  const port = portOf({ protocol: 'UDP', endpoints: [endpointOf(1, 'silent')], problems: ['\u001b[2J'] });
  const text = render(walkOf([port]));
  t.match(text, /silent for 1 ms, as UDP may be/);
  t.match(text, /Problems {4}\?\[2J/);
});
