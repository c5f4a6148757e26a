// An Event as the API takes it.
import type { EventsV1Event } from '@kubernetes/client-node';
import t from 'tap';
import type { ProxyEvent } from '../../../lib/proxier/event-recorder.js';
import { eventBody, eventKey, namespaceOf, seriesPatch } from '../../../lib/sources/kube/event-body.js';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const reporter = { nodeName: 'node-1', uidOf: () => 'uid-7' };
const event: ProxyEvent = {
  regarding: { kind: 'Service', namespace: 'shop', name: 'web' },
  type: 'Warning',
  reason: 'NodePortTaken',
  action: 'Serve',
  note: 'another process listens',
};

t.test('it is all that the API wants, about the object that kubectl will ask for', async (t) => {
  const { metadata, ...rest } = eventBody(event, reporter, nowMs, '');
  const typed: Omit<EventsV1Event, 'eventTime' | 'metadata' | 'series'> = rest;
  t.strictSame(typed, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-02T03:04:05.678000Z',
    reportingController: 'kube-portal',
    reportingInstance: 'kube-portal-node-1',
    action: 'Serve',
    reason: 'NodePortTaken',
    regarding: { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop', uid: 'uid-7' },
    note: 'another process listens',
    type: 'Warning',
  });
  t.match(metadata, { namespace: 'shop', name: /^web\.[0-9a-f]{16}$/ });
  t.strictSame(seriesPatch(3, nowMs), {
    series: { count: 3, lastObservedTime: '2026-01-02T03:04:05.678000Z' },
  });
});

t.test('a Node’s Events live in the namespace default', async (t) => {
  const aboutNode = { ...event, regarding: { kind: 'Node', namespace: '', name: 'node-1' } } as const;
  t.equal(namespaceOf(aboutNode), 'default');
  const { regarding, metadata } = eventBody(aboutNode, { ...reporter, uidOf: () => undefined }, nowMs, '');
  t.equal(metadata?.namespace, 'default');
  t.strictSame(regarding, { apiVersion: 'v1', kind: 'Node', name: 'node-1' });
});

t.test('without salt the name depends on nothing but what is said', async (t) => {
  const nameOf = (one: ProxyEvent, nodeName: string, salt: string) =>
    eventBody(one, { ...reporter, nodeName }, nowMs, salt).metadata?.name;
  t.equal(nameOf(event, 'node-1', ''), nameOf({ ...event }, 'node-2', ''));
  t.not(nameOf(event, 'node-1', ''), nameOf({ ...event, note: 'else' }, 'node-1', ''));
  t.not(nameOf(event, 'node-1', 'a'), nameOf(event, 'node-1', 'b'));
  t.not(
    eventKey(event, () => 'u'),
    eventKey({ ...event, reason: 'NoEndpoints' }, () => 'u'),
  );
  t.not(
    eventKey(event, () => 'u'),
    eventKey(event, () => 'v'),
    'of an object that was made again',
  );
});

t.test('what is too long is cut', async (t) => {
  const long = {
    ...event,
    note: 'ä'.repeat(2000),
    regarding: { ...event.regarding, name: `${'a'.repeat(199)}-${'b'.repeat(50)}` },
  };
  const body = eventBody(long, { ...reporter, nodeName: 'n'.repeat(253) }, nowMs, '');
  t.ok(Buffer.byteLength(body.note ?? '') <= 1024);
  t.match(body.note, /^ä+…$/);
  t.equal(body.reportingInstance?.length, 128);
  t.match(body.metadata?.name, /^a{199}\.[0-9a-f]{16}$/);
});
