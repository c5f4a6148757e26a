// `kube-portal status` as text.
import t from 'tap';
import { statusText } from '../../lib/explain/status-text.js';
import { processFactsHere as facts, serviceRow as row } from '../support/service-row.js';

const linesOf = (...args: Parameters<typeof statusText>) => statusText(...args).split('\n');

t.test('the process in a few words', async (t) => {
  t.same(linesOf(facts, [], 4000), [
    'kube-portal 1.2.3, pid 7, node here: in sync, last sync 3s ago',
    'data plane linux, iptables nft, Services from the API server',
    '1 TCP connections, 2 UDP clients open, of at most 100',
    '',
    'No Service is served.',
    '',
  ]);
  const late = { ...facts, sync: { ...facts.sync, healthy: false } };
  t.match(statusText(late, [], 1_201_000), /NOT IN SYNC, last sync 20m ago/);
  const never = { ...facts, sync: { ...facts.sync, lastUpdatedMs: undefined } };
  t.match(statusText(never, [], 0), /no sync yet/);
  const sourceHealth = { state: 'failing', message: 'refused', sinceMs: 0 } as const;
  t.match(statusText({ ...facts, sourceHealth }, [], 0), /from the API server, FAILING: refused/);
});

t.test('a line for each ServicePort, as wide as it must be', async (t) => {
  const name = `default/${'long'.repeat(30)}`;
  const lines = linesOf(
    facts,
    [
      row(name, {
        portals: [
          { kind: 'nodePort', ip: '', port: 30_080 },
          { kind: 'clusterIP', ip: 'fd00::1', port: 80 },
          { kind: 'externalIP', ip: 'fd00::2', port: 80 },
        ],
        listeners: [
          { scope: 'Cluster', claim: false, port: 40_000, disposition: 'serve' },
          { scope: 'Local', claim: false, port: 40_001, disposition: 'drop' },
          { scope: 'Cluster', claim: true, port: 30_080, disposition: 'serve' },
        ],
        endpoints: { usable: 1, known: 3 },
        open: 4,
        opened: 5,
        failed: 6,
        problems: ['one', 'two'],
      }),
      row('a/none', { portals: [], listeners: [] }),
    ],
    1000,
  );
  t.match(lines[4], /^SERVICE +PROTO +PORTALS +PROXY PORTS +ENDPOINTS +OPEN +OPENED +FAILED +PROBLEMS$/);
  t.same(lines[5]?.split(/ {2,}/), [
    name,
    'TCP',
    '[fd00::1]:80 :30080 +1',
    '40000 40001L!',
    '1/3',
    '4',
    '5',
    '6',
    '2',
  ]);
  t.same(lines[6]?.split(/ {2,}/), ['a/none', 'TCP', '-', '-', '1/1', '0', '0', '0', '-']);
});

t.test('problems follow, with how many there are; escape codes are not printed', async (t) => {
  const problems = [{ subject: 'Service a/\u001b[2J', message: 'bad' }];
  t.same(linesOf({ ...facts, problems, problemsTotal: 3 }, [], 0).slice(5), [
    '',
    'Problems (3)',
    '  Service a/?[2J: bad',
    '  and 2 more',
    '',
  ]);
});
