// What usrsctp's clients see of lost packets and of endpoints that are silent, refuse, crash and come back.
import t from 'tap';
import { eventually } from '../support/eventually.js';
import { addresses } from '../support/rig.js';
import { families, openTheatre, portalOf } from '../support/usrsctp-theatre.js';

t.setTimeout(55_000);

t.test('packets that are lost on the way are sent again, and nothing else', async (t) => {
  const { stage, peer } = await openTheatre(t);
  // In front of the relay, for what comes from clients and from endpoints alike; a kernel may lack netem.
  const lose = '-t mangle -A PREROUTING -p sctp -m statistic --mode random --probability 0.02 -j DROP';
  await stage.run(`iptables-nft ${lose}`);
  await stage.run(`ip6tables-nft ${lose}`);
  for (const ipFamily of families) {
    const many = await peer.pipeline(stage.rig.outside, portalOf(ipFamily), 1000, 8);
    t.match(many, { good: 1000, bad: 0, clean: true }, `${ipFamily}: 1,000 messages at a loss of 2 %`);
    t.comment(`${ipFamily}: ${many.seconds} s`);
  }
  const dropped = await stage.run('iptables-nft -t mangle -L PREROUTING -v -n -x');
  t.match(dropped, /^ +[1-9]\d* +\d+ DROP/m, 'packets were lost');
});

t.test('the next endpoint where one is silent or refuses', async (t) => {
  // Nobody has the first address; at the second one usrsctp says that nobody listens on the port.
  const before = {
    IPv4: ['10.244.0.99', addresses.IPv4.calicoPod],
    IPv6: ['fd00:10:244::99', addresses.IPv6.calicoPod],
  };
  const { stage, peer } = await openTheatre(t, { before });
  for (const ipFamily of families) {
    for (const where of ['past two', 'with both set aside']) {
      const one = await peer.echo(stage.rig.outside, portalOf(ipFamily), [100]);
      t.match(one, { connected: true, good: 1, bad: 0 }, `${ipFamily}: ${where}`);
      t.ok(one.seconds < 6, `${ipFamily}: ${where}: after ${one.seconds} s`);
    }
  }
});

t.test(
  'an association survives nothing that its endpoint has forgotten, and the next one finds it again',
  async (t) => {
    const { stage, peer, servers } = await openTheatre(t);
    const to = portalOf('IPv4');
    await servers.kill();
    t.match(await peer.echo(stage.rig.outside, to, [100]), { connected: false }, 'nobody is there');
    const back = addresses.IPv4.pods.map((ip) => ({ name: 'back', ip, port: 7000 }));
    await peer.serve(stage.rig.pods, back);
    await eventually('the Service answers', async () => {
      const one = await peer.echo(stage.rig.outside, to, [100]);
      return one.connected && one.name === 'back' && one.good === 1;
    });
  },
);
