// What is known of one Service.
import t from 'tap';
import { createModel } from '../../lib/model/model.js';
import { service, slice } from '../support/objects.js';

t.test('the Service, its slices, and its endpoints whether usable or not', async (t) => {
  const model = createModel({ nodeName: 'here' });
  model.upsert(service('web', '10.96.0.1'));
  model.upsert(service('other', '10.96.0.2'));
  const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false } }];
  model.upsert(slice('web', [], { endpoints }));
  model.upsert(slice('web', [], { sliceName: 'web-2' }));
  model.upsert(slice('other', ['10.0.0.3']));
  const seen = () => {
    const view = model.view('default', 'web');
    return [
      view.service?.servicePorts.length,
      view.slices.length,
      [...view.endpoints.values()].flat().length,
    ];
  };
  model.takeSnapshot();
  t.same(seen(), [1, 2, 2]);
  const { slices, strays } = model.view('default', 'web');
  t.same(strays, []);
  t.match(slices, [
    {
      object: 'EndpointSlice default/web-1',
      ports: [{ name: '', protocol: 'TCP', ipFamily: 'IPv4', port: 8080, endpoints: 2 }],
    },
    { object: 'EndpointSlice default/web-2', ports: [] },
  ]);
  model.remove({ kind: 'Service', namespace: 'default', name: 'web' });
  model.takeSnapshot();
  t.same(seen(), [undefined, 2, 0], 'slices may be there without a Service');
});

t.test('a slice without a Service is a stray of the one that it is named after', async (t) => {
  const model = createModel({ nodeName: 'here' });
  model.upsert(service('web', '10.96.0.1'));
  for (const name of ['web', 'web-x7k2p', 'website-1', 'other-web']) {
    const { metadata, ...rest } = slice('web', ['10.0.0.1']);
    model.upsert({ ...rest, metadata: { namespace: metadata.namespace, name } });
  }
  model.takeSnapshot();
  const { slices, strays } = model.view('default', 'web');
  t.same(slices, []);
  t.same(
    strays.map(({ object }) => object),
    ['EndpointSlice default/web', 'EndpointSlice default/web-x7k2p'],
  );
  t.same(model.view('default', 'gone').service, undefined);
});
