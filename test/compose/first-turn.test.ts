// Nodes of a cluster begin with different endpoints; a machine with manifests begins with the first one.
import t from 'tap';
import { firstTurn } from '../../lib/compose/first-turn.js';

t.test('200 nodes spread evenly over 10 endpoints', async (t) => {
  const clients = Array<number>(10).fill(0);
  for (let node = 0; node < 200; node++) {
    const turn = firstTurn({ kind: 'in-cluster' }, `node-${node}`) % 10;
    clients[turn] = (clients[turn] ?? 0) + 1;
  }
  t.ok(
    clients.every((number) => number > 5 && number < 40),
    clients.join(),
  );
});

t.test('a node begins where it did before', async (t) => {
  const source = { kind: 'kubeconfig', path: 'config' } as const;
  t.equal(firstTurn(source, 'a'), firstTurn(source, 'a'));
  t.not(firstTurn(source, 'a'), firstTurn(source, 'b'));
});

t.test('with manifests the first endpoint is the first', async (t) => {
  t.equal(firstTurn({ kind: 'manifests', paths: ['x'] }, 'node-7'), 0);
});
