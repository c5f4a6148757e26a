// Endpoints that would lead back into this proxy are taken out, by ServicePort, and said.
import t from 'tap';
import { createModel } from '../../lib/model/model.js';
import type { HeldListener } from '../../lib/proxier/listener-set.js';
import { endpointChecker } from '../../lib/proxier/refusals.js';
import { service, slice } from '../support/objects.js';

const noneHeld = new Map<string, HeldListener>();
const noAddresses: ReadonlySet<string> = new Set();

t.test("nothing refused: the snapshot's own map", async (t) => {
  const checker = endpointChecker();
  const model = createModel();
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(slice('web', ['10.244.0.1']));
  const { snapshot } = model.takeSnapshot();
  t.equal(checker.check(snapshot, noneHeld, noAddresses).endpoints, snapshot.endpoints);
});

t.test(
  'its own portal is refused; the rest of the array stays the same array from pass to pass',
  async (t) => {
    const checker = endpointChecker();
    const model = createModel();
    model.upsert(service('web', '10.96.0.1'));
    model.upsert(
      slice('web', ['10.96.0.1', '10.244.0.1'], { ports: [{ name: '', port: 80, protocol: 'TCP' }] }),
    );
    const { snapshot } = model.takeSnapshot();
    const first = checker.check(snapshot, noneHeld, noAddresses);
    t.match(first.endpoints.get('default/web/TCP/IPv4'), [{ ip: '10.244.0.1' }]);
    t.match(first.problems, [{ subject: 'default/web/TCP/IPv4', message: /10\.96\.0\.1:80/ }]);
    const second = checker.check(snapshot, noneHeld, noAddresses);
    t.equal(second.endpoints.get('default/web/TCP/IPv4'), first.endpoints.get('default/web/TCP/IPv4'));
  },
);
