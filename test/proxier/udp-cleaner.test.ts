// When conntrack is asked, and for which portals: once for each change, and again when it failed.
import t from 'tap';
import type { FlowPortal } from '../../lib/proxier/conntrack.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { DesiredRules } from '../../lib/proxier/rule-applier.js';
import { UdpCleaner } from '../../lib/proxier/udp-cleaner.js';

const local: ReadonlySet<string> = new Set(['192.0.2.1', '192.0.2.2']);
const noneFailed: ReadonlySet<'IPv4' | 'IPv6'> = new Set();

function desire(...ports: readonly number[]): DesiredRules {
  const servicePortName = { namespace: 'default', name: 'dns', port: '', protocol: 'UDP' } as const;
  const base = { protocol: 'UDP', servicePortName } as const;
  return {
    portals: ports.flatMap((proxyPort) => [
      {
        ...base,
        kind: 'nodePort',
        ipFamily: 'IPv4',
        ip: '',
        port: 30_053,
        ways: [{ from: 'everybody', proxyPort }],
      },
      {
        ...base,
        kind: 'clusterIP',
        ipFamily: 'IPv6',
        ip: 'fd00::a',
        port: 53,
        ways: [{ from: 'everybody', proxyPort }],
      },
    ]),
    proxyPorts: ports.flatMap((port) =>
      (['IPv4', 'IPv6'] as const).map(
        (ipFamily) => ({ protocol: 'UDP', port, ipFamily, disposition: 'serve' }) as const,
      ),
    ),
    steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
    detectLocal: { kind: 'none' },
    nodePortAddresses: 'all',
    localhostNodePorts: true,
    dropInvalid: true,
  };
}

function cleaner() {
  const asked: string[] = [];
  const world = { isBroken: false };
  const describe = ({ ip, port, proxyPorts }: FlowPortal) => `${ip}:${port} ${proxyPorts.join('+')}`.trim();
  const conntrack = {
    async deleteStaleUdp(portals: readonly FlowPortal[]) {
      if (world.isBroken) throw new Error('table busy');
      asked.push(...portals.map(describe));
      return portals.length;
    },
    deleteStaleSctp: async () => 0,
  };
  return { asked: () => asked.splice(0), world, udp: new UdpCleaner(conntrack, silentLog) };
}

t.test('all at the start, then what changed', async (t) => {
  const { udp, asked } = cleaner();
  const rules = desire(1);
  t.equal(await udp.clean(rules, noneFailed, local), 2);
  t.same(asked(), [':30053 1', 'fd00::a:53 1']);
  t.equal(await udp.clean(rules, noneFailed, local), 0);
  t.equal(await udp.clean(desire(1), noneFailed, local), 0, 'other objects that say the same');
  t.same(asked(), []);
  await udp.clean(desire(2), noneFailed, local);
  t.same(asked(), [':30053 2', 'fd00::a:53 2']);
});

t.test('a family that failed is left for later, and so is all when conntrack fails', async (t) => {
  const { udp, asked, world } = cleaner();
  await udp.clean(desire(1), new Set(['IPv4']), local);
  t.same(asked(), ['fd00::a:53 1']);
  world.isBroken = true;
  const rules = desire(2);
  t.equal(await udp.clean(rules, noneFailed, local), undefined);
  world.isBroken = false;
  await udp.clean(rules, noneFailed, local);
  t.same(asked(), [':30053 2', 'fd00::a:53 2']);
});

t.test('what earlier rules led to is looked at once', async (t) => {
  const { udp, asked } = cleaner();
  const ways = [{ from: 'everybody', proxyPort: 9 }] as const;
  udp.inherit([{ ipFamily: 'IPv4', ip: '10.96.0.99', port: 53, protocol: 'UDP', ways }]);
  await udp.clean(desire(), noneFailed, local);
  await udp.clean(desire(), noneFailed, local);
  t.same(asked(), ['10.96.0.99:53']);
});

t.test('an address that was lost puts all in doubt, and what nodePorts had there is wrong', async (t) => {
  const { udp, asked } = cleaner();
  const rules = desire(1);
  await udp.clean(rules, noneFailed, local);
  asked();
  await udp.clean(rules, noneFailed, new Set(['192.0.2.1', '192.0.2.3']));
  t.same(asked(), [':30053 1', '192.0.2.2:30053'], 'and of the other family nothing');
});
