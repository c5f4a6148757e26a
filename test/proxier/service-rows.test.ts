// One line for each ServicePort, page by page.
import t from 'tap';
import { rowPage } from '../../lib/proxier/service-rows.js';
import { service, slice } from '../support/objects.js';
import { statusOf } from '../support/status-of.js';

const names = ['b', 'a', 'd', 'c', 'e'];
const { status } = statusOf(names.map((name, at) => service(name, `10.96.0.${at + 1}`)));

t.test('pages in order, each ServicePort once, and the last says that there are no more', async (t) => {
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const page = rowPage(status, 2, after);
    pages.push(page.rows.map(({ name }) => name));
    after = page.next;
  } while (after !== undefined && pages.length < 10);
  t.same(pages, [['default/a', 'default/b'], ['default/c', 'default/d'], ['default/e']]);
  t.notOk('next' in rowPage(status, 5), 'a page that is just full is the last');
  t.same(rowPage(status, 5, 'z'), { rows: [] });
});

t.test('what a line says', async (t) => {
  const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false } }];
  const key = 'default/web/TCP/IPv4';
  const one = statusOf([service('web', '10.96.0.1'), slice('web', [], { endpoints })], {
    problems: [{ subject: key, message: 'doubtful' }],
  });
  t.same(rowPage(one.status, 1).rows, [
    {
      key,
      name: 'default/web',
      protocol: 'TCP',
      ipFamily: 'IPv4',
      portals: [{ kind: 'clusterIP', ip: '10.96.0.1', port: 80 }],
      listeners: [{ scope: 'Cluster', claim: false, port: 40_000, disposition: 'serve' }],
      endpoints: { usable: 1, known: 2 },
      problems: ['doubtful'],
      open: 1,
      opened: 2,
      failed: 4,
      rxBytes: 4,
      txBytes: 5,
    },
  ]);
});

t.test('endpoints that would lead back are known, and not usable', async (t) => {
  const objects = [service('web', '10.96.0.1'), slice('web', ['10.0.0.1', '10.0.0.2'])];
  const { status: circle } = statusOf(objects, { refused: ['10.0.0.2:8080'] });
  t.match(rowPage(circle, 1).rows, [{ endpoints: { usable: 1, known: 2 } }]);
});
