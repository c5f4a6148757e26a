// What is known of a node.
import t from 'tap';
import type { NodeObject } from '../../lib/model/kube-objects.js';
import { goneNode, nodeFactsOf, sameNodeFacts, unknownNode } from '../../lib/model/node-facts.js';

function told(node: unknown): readonly unknown[] {
  const problems: string[] = [];
  const facts = nodeFactsOf(node as NodeObject, (field, message) => problems.push(`${field}: ${message}`));
  return [facts, ...problems];
}

const zone = { 'topology.kubernetes.io/zone': 'z1' };
const nothing = { IPv4: [], IPv6: [] };

t.test('zone and podCIDRs are what the Node says, wrong ones left out', async (t) => {
  const metadata = { namespace: '', name: 'n1', labels: zone };
  const table: readonly [unknown, readonly unknown[]][] = [
    [{ metadata: { name: 'n1' } }, [{ name: 'n1', zone: '', podCIDRs: nothing, eligible: true }]],
    [
      { metadata, spec: { podCIDRs: ['10.244.1.7/24', 'FD00:244::/64'] } },
      [
        {
          name: 'n1',
          zone: 'z1',
          podCIDRs: { IPv4: ['10.244.1.0/24'], IPv6: ['fd00:244::/64'] },
          eligible: true,
        },
      ],
    ],
    [
      { metadata, spec: { podCIDRs: ['10.244.1.0', 7, '10.244.2.0/24'] } },
      [
        { name: 'n1', zone: 'z1', podCIDRs: { IPv4: ['10.244.2.0/24'], IPv6: [] }, eligible: true },
        'spec.podCIDRs[0]: "10.244.1.0" is not a range of addresses',
        'spec.podCIDRs[1]: 7 is not a range of addresses',
      ],
    ],
    [
      { metadata, spec: { podCIDRs: '10.244.1.0/24' } },
      [
        { name: 'n1', zone: 'z1', podCIDRs: nothing, eligible: true },
        'spec.podCIDRs: is "10.244.1.0/24", not a list',
      ],
    ],
    [
      { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 3 } } },
      [{ name: 'n1', zone: '', podCIDRs: nothing, eligible: true }],
    ],
    [null, [{ name: '', zone: '', podCIDRs: nothing, eligible: true }]],
  ];
  for (const [node, expected] of table) t.same(told(node), expected, JSON.stringify(node));
});

t.test('facts are the same when all of them are', async (t) => {
  const podCIDRs = { IPv4: ['10.244.1.0/24'], IPv6: ['fd00::/64'] };
  const facts = { name: 'n1', zone: 'z1', podCIDRs, eligible: true };
  t.ok(sameNodeFacts(facts, structuredClone(facts)));
  t.ok(sameNodeFacts(unknownNode('n1'), unknownNode('n1')));
  for (const other of [
    { ...facts, name: 'n2' },
    { ...facts, zone: '' },
    { ...facts, eligible: false },
    { ...facts, podCIDRs: { ...facts.podCIDRs, IPv4: [] } },
    { ...facts, podCIDRs: { ...facts.podCIDRs, IPv6: [] } },
  ]) {
    t.notOk(sameNodeFacts(facts, other));
  }
});

t.test('a Node that is being deleted, or is about to be, or is gone, is not eligible', async (t) => {
  const taint = (key: string) => ({ taints: [{ key, effect: 'NoSchedule' }] });
  const table: readonly [unknown, boolean][] = [
    [{ metadata: { name: 'n1' } }, true],
    [{ metadata: { name: 'n1', deletionTimestamp: '2026-01-01T00:00:00Z' } }, false],
    [{ metadata: { name: 'n1' }, spec: taint('ToBeDeletedByClusterAutoscaler') }, false],
    [{ metadata: { name: 'n1' }, spec: taint('node.kubernetes.io/unschedulable') }, true],
    [{ metadata: { name: 'n1' }, spec: { taints: 'ToBeDeletedByClusterAutoscaler' } }, true],
  ];
  for (const [node, eligible] of table) t.match(told(node)[0], { eligible }, JSON.stringify(node));
  t.equal(unknownNode('n1').eligible, true);
  t.equal(goneNode('n1').eligible, false);
});
