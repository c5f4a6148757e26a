// What a thread is told of endpoints, and when there is nothing to tell.
import t from 'tap';
import { endpointsMessage, isNews } from '../../../lib/dataplane/native/endpoints-message.js';
import { PickPlaces } from '../../../lib/dataplane/native/pick-places.js';
import { PickSlots } from '../../../lib/dataplane/native/pick-slots.js';

const endpoint = { ip: '10.0.0.1', port: 80, ready: true, nodeName: 'a' };
const resting = { ip: '10.0.0.2', port: 80, ready: false, zone: 'z' };

t.test('addresses, ids and slots go to the thread, and nothing else of an endpoint', async (t) => {
  const picks = new PickSlots(new PickPlaces(() => {}), () => 7);
  const message = endpointsMessage(
    { endpoints: [endpoint], resting: [resting], affinityTimeoutMs: 5000 },
    picks,
  );
  t.same(message, {
    endpoints: [{ ip: '10.0.0.1', port: 80, id: 7, place: 0 }],
    resting: [{ ip: '10.0.0.2', port: 80 }],
    affinityTimeoutMs: 5000,
  });
  t.notOk('affinityTimeoutMs' in endpointsMessage({ endpoints: [], resting: [] }, picks), 'absent: none');
});

t.test('the same arrays and timeout are no news, nor is nothing that rests', async (t) => {
  const config = { endpoints: [endpoint], resting: [resting], affinityTimeoutMs: 5000 };
  t.notOk(isNews(config, { ...config }));
  t.notOk(isNews({ ...config, resting: [] }, { ...config, resting: [] }));
  t.ok(isNews(config, { ...config, endpoints: [] }));
  t.ok(isNews(config, { ...config, resting: [] }));
  t.ok(isNews(config, { ...config, affinityTimeoutMs: 1 }));
  const { affinityTimeoutMs: _, ...without } = config;
  t.ok(isNews(config, without));
});
