// One pass: its order, and what it does when a part of the world fails. The loop around it: proxier.test.ts.
import t from 'tap';
import { ListenError } from '../../lib/proxier/data-plane.js';
import { Syncer } from '../../lib/proxier/syncer.js';
import { fakeWorld, plainHost } from '../support/fake-edges.js';
import { service, slice } from '../support/objects.js';

function loaded(overrides: Parameters<typeof fakeWorld>[0] = {}) {
  const world = fakeWorld(overrides);
  const { model } = world.options;
  model.upsert(service('dns', '10.96.0.10', { ports: [{ port: 53, protocol: 'UDP' }] }));
  model.upsert(slice('dns', ['10.244.0.1'], { ports: [{ name: '', port: 53, protocol: 'UDP' }] }));
  return { world, syncer: new Syncer(world.options, () => world.options), take: () => model.takeSnapshot() };
}

t.test('listeners, then rules, then conntrack', async (t) => {
  const { world, syncer, take } = loaded();
  const result = await syncer.pass(take(), plainHost);
  t.same(world.tell(), ['open dns 40000', 'rules 10.96.0.10:53>40000', 'conntrack 10.96.0.10:53>40000']);
  t.match(result, { rulesInPlace: true, complete: true, problems: [], conntrackDeleted: 1 });
});

t.test('standing rules that can not be read cost only the old ports', async (t) => {
  const { world, syncer, take } = loaded();
  world.options.rules.standing = async () => {
    throw new Error('iptables-save failed');
  };
  t.match(await syncer.pass(take(), plainHost), { complete: true });
  t.ok(world.tell().includes('open dns 40000'));
});

t.test('conntrack entries that could not be deleted are tried again, others are not repeated', async (t) => {
  let broken = true;
  const asked: string[] = [];
  const { syncer, take } = loaded({
    conntrack: {
      async deleteStaleUdp(portals) {
        asked.push(portals.map(({ ip }) => ip).join(' '));
        if (broken) throw new Error('table busy');
        return 0;
      },
      deleteStaleSctp: async () => 0,
    },
  });
  t.match(await syncer.pass(take(), plainHost), { rulesInPlace: true, complete: false });
  broken = false;
  await syncer.pass(take(), plainHost);
  await syncer.pass(take(), plainHost);
  t.same(asked, ['10.96.0.10', '10.96.0.10']);
});

t.test('a family whose rules failed keeps its old conntrack entries until they are written', async (t) => {
  const { world, syncer, take } = loaded();
  world.failingFamilies.add('IPv4');
  t.match(await syncer.pass(take(), plainHost), { rulesInPlace: false, complete: false });
  t.notMatch(world.tell().join('\n'), /conntrack/);
  world.failingFamilies.clear();
  await syncer.pass(take(), plainHost);
  t.match(world.tell().join('\n'), /conntrack 10\.96\.0\.10:53>40000/);
});

t.test('UDP entries of a Service that went while we were down are deleted, too', async (t) => {
  const { world, syncer, take } = loaded();
  const gone = {
    ipFamily: 'IPv4',
    ip: '10.96.0.99',
    port: 53,
    protocol: 'UDP',
    ways: [{ from: 'everybody', proxyPort: 40_005 }],
  } as const;
  world.standing.push(gone, { ...gone, ip: '10.96.0.98', protocol: 'TCP' });
  await syncer.pass(take(), plainHost);
  t.match(world.tell().at(-1), /^conntrack 10\.96\.0\.10:53>\d+ 10\.96\.0\.99:53$/);
  await syncer.pass(take(), plainHost);
  t.notMatch(world.tell().join('\n'), /conntrack/, 'once');
});

t.test('an address that was lost makes every UDP entry suspect', async (t) => {
  const { world, syncer, take } = loaded();
  await syncer.pass(take(), plainHost);
  world.tell();
  await syncer.pass(take(), { ...plainHost, localAddresses: new Set(['127.0.0.1']) });
  t.match(world.tell().join('\n'), /conntrack 10\.96\.0\.10:53>40000/);
});

t.test(
  'back from DNAT, clients that were steered there are answered while the address is ours',
  async (t) => {
    const { world, syncer, take } = loaded();
    const replyAddresses = () => world.configs.get('default/dns/UDP/IPv4')?.replyAddresses;
    await syncer.pass(take(), { ...plainHost, withoutAddress: { IPv4: ['cali0'], IPv6: [] } });
    t.same(replyAddresses(), ['192.0.2.1']);
    await world.clock.advance(120_000);
    await syncer.pass(take(), plainHost);
    t.notMatch(world.tell().at(-1), /dnat/);
    t.same(replyAddresses(), ['192.0.2.1']);
    await syncer.pass(take(), { ...plainHost, localAddresses: new Set(['127.0.0.1']) });
    t.same(replyAddresses(), []);
  },
);

t.test('what the data plane can not do is said, and not tried again for ever', async (t) => {
  const world = fakeWorld();
  const { dataPlane, model } = world.options;
  const open = dataPlane.open.bind(dataPlane);
  dataPlane.open = async (spec, config, port) => {
    if (spec.servicePortName.protocol === 'SCTP') throw new ListenError('not-supported', 'no SCTP here');
    return open(spec, config, port);
  };
  model.upsert(service('sctp', '10.96.0.5', { ports: [{ port: 9, protocol: 'SCTP' }] }));
  const result = await new Syncer(world.options, () => world.options).pass(model.takeSnapshot(), plainHost);
  t.match(result, { complete: true, problems: [{ subject: 'default/sctp/SCTP/IPv4' }] });
});

t.test(
  'where the kernel has SCTP of its own, it is kept quiet; where not, no rule is spent on it',
  async (t) => {
    const sctpRelay = { relayPorts: { first: 20_000, last: 29_999 }, uid: 0 };
    const { world, syncer, take } = loaded({ sctpRelay });
    const wanted: unknown[] = [];
    const apply = world.options.rules.apply.bind(world.options.rules);
    world.options.rules.apply = (desired) => {
      wanted.push(desired.sctpGuard);
      return apply(desired);
    };
    for (const kernelSctp of [false, true, false]) await syncer.pass(take(), { ...plainHost, kernelSctp });
    t.same(wanted, [undefined, sctpRelay, undefined]);
  },
);
