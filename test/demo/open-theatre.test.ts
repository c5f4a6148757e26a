// Making the theatre, and leaving nothing of it.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parseConntrackLine } from '../../lib/conntrack/entries.js';
import { openTheatre, type TheatreOptions } from '../../lib/demo/open-theatre.js';
import { isAnswer } from '../../lib/demo/reply.js';
import { signal, web } from '../../lib/demo/services.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { silentLog } from '../../lib/proxier/log.js';

const programOf = (name: string): string =>
  fileURLToPath(new URL(`../../lib/compose/${name}.js`, import.meta.url));

function optionsFor(test: Test, more: Partial<TheatreOptions> = {}): TheatreOptions {
  process.env.TMPDIR = test.testdir();
  return {
    program: '/no/such/main.js',
    examples: 'examples/demo',
    chooseFirewall: async () => ({ list: 'iptables-nft', save: 'iptables-nft-save', variant: 'nft' }),
    parseFlow: parseConntrackLine,
    sctpPrograms: { echo: programOf('demo-sctp-echo'), ask: programOf('demo-sctp-ask') },
    withholdRules: false,
    dataPlane: 'auto',
    verbosity: 0,
    clock: systemClock,
    log: silentLog,
    ...more,
  };
}

const leftovers = () => readdir(process.env.TMPDIR ?? '');

t.test('endpoints answer a pod, there is no proxy yet, and close leaves nothing', async (t) => {
  const { theatre, close } = await openTheatre(optionsFor(t));
  const [direct] = await theatre.askEndpoint('pods', web, '10.244.0.11');
  t.ok(direct && isAnswer(direct), JSON.stringify(direct));
  t.equal(theatre.sctpObstacle, undefined);
  const [overSctp] = await theatre.askEndpoint('pods', signal, '10.244.0.31');
  t.ok(overSctp && isAnswer(overSctp), JSON.stringify(overSctp));
  t.equal(await theatre.metrics(), '');
  t.match(
    await theatre.shell('gateway', 'iptables-nft -t raw -vnL PREROUTING'),
    /10\.96\.0\.0\/16.*left the node/,
  );
  t.match(theatre.manifests.directory, process.env.TMPDIR);
  await t.rejects(theatre.proxy.start(), { message: /did not come to forward/ });
  await close();
  t.same(await leftovers(), []);
});

t.test('withheld rules: what the proxy would find first in its PATH does nothing', async (t) => {
  const { theatre, close } = await openTheatre(optionsFor(t, { withholdRules: true }));
  const bin = `${theatre.manifests.directory}/../bin`;
  const rule = '*nat\\n-A OUTPUT -j RETURN\\nCOMMIT\\n';
  await theatre.shell('node', `printf '${rule}' | ${bin}/iptables-nft-restore --noflush`);
  t.notMatch(await theatre.save(), 'RETURN');
  await theatre.shell('node', `printf '${rule}' | iptables-nft-restore --noflush`);
  t.match(await theatre.save(), 'RETURN', 'as the real one would');
  await close();
});

t.test('where SCTP can not be had, all else is there, and the reason', async (t) => {
  const sctpPrograms = { echo: '/no/such/echo.js', ask: '/no/such/ask.js' };
  const { theatre, close } = await openTheatre(optionsFor(t, { sctpPrograms }));
  t.match(theatre.sctpObstacle, /start signal at 10\.244\.0\.3\d: .*echo\.js/);
  const [direct] = await theatre.askEndpoint('pods', web, '10.244.0.11');
  t.ok(direct && isAnswer(direct));
  await close();
});

t.test('when it can not be made, nothing is left', async (t) => {
  await t.rejects(openTheatre(optionsFor(t, { examples: '/no/such/folder' })), { code: 'ENOENT' });
  const noFirewall = async () => {
    throw new Error('no iptables here');
  };
  await t.rejects(openTheatre(optionsFor(t, { chooseFirewall: noFirewall })), {
    message: 'no iptables here',
  });
  t.same(await leftovers(), []);
});
