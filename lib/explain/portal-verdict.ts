// explain/portal-verdict.ts: PURE. What is wrong with one portal for those who ask, from the listener behind it to the rule
// that leads there, apart from the endpoints.
import { missingEndpoints } from './endpoint-verdict.js';
import type { ExplainedPortal, ExplainedServicePort, Walk } from './explanation.js';
import { portalText } from './portal-text.js';
import { label, type Ranked, say } from './sentence.js';

export const nothingWrong: Ranked = [0, { code: 'served', text: '' }];

export function portalVerdict(portal: ExplainedPortal, port: ExplainedServicePort, walk: Walk): Ranked {
  const at = portalText(portal);
  const { ways, rule, isBlocked, lostTo, offeredAt } = portal;
  const who = label(port);
  if (isBlocked) {
    const next = `Find the process: ss -Hlnp 'sport = :${portal.port}'; it is tried again when the port is free.`;
    const text = `${who} is not served at ${at}: another process of this host listens there.`;
    return [7, say('nodeport-taken', text, next)];
  }
  if (ways.length === 0) {
    const whose = lostTo === undefined ? 'another Service' : lostTo;
    const next = 'The older Service keeps an address; take it away from one of the two.';
    return [8, say('portal-lost', `${who} is not served at ${at}: that belongs to ${whose}.`, next)];
  }
  if (offeredAt?.length === 0) {
    const text = `${who} is not served at ${at}: none of this node's ${port.ipFamily} addresses is in --nodeport-addresses.`;
    return [9, say('nodeport-not-offered', text, 'Add a range that has one, or use another portal.')];
  }
  const bad = ways.find(({ disposition }) => disposition !== 'serve');
  if (bad !== undefined) return [3, missingEndpoints(port, portal, bad, walk)];
  if (walk.against === 'process' && ways.some(({ proxyPort }) => proxyPort === undefined)) {
    const text = `${who} is not served at ${at}: ${port.problems[0] ?? 'its listener is not open'}.`;
    return [4, say('no-listener', text, 'Look at the log: it is tried again by itself.')];
  }
  const closed = port.listeners.find(
    ({ isOpen, port: proxyPort }) => isOpen === false && ways.some((way) => way.proxyPort === proxyPort),
  );
  if (closed !== undefined) {
    const text = `${who} is not served at ${at}: nobody listens on its proxy port ${closed.port}.`;
    return [5, say('listener-closed', text, 'Restart kube-portal, and please report this.')];
  }
  if (rule.state === 'missing' || rule.state === 'unreached' || rule.state === 'elsewhere') {
    const text = `${who} is not served at ${at}: ${ruleFault(portal)}.`;
    return [6, say('rule-missing', text, ruleAdvice(portal, walk))];
  }
  if (portal.isLetIn === false) {
    const ranges = portal.sourceRanges ?? [];
    const whom = ranges.length === 0 ? 'nobody' : `only ${ranges.join(', ')}`;
    const text = `${who} drops these clients at ${at}: spec.loadBalancerSourceRanges lets ${whom} in.`;
    const next = 'Add the client to spec.loadBalancerSourceRanges, or use another portal.';
    return [10, say('source-range', text, next)];
  }
  return nothingWrong;
}

function ruleFault({ rule, ways: wanted }: ExplainedPortal): string {
  const wrong = rule.found.filter(({ jump, ways }) => {
    if (rule.state === 'unreached') return !jump;
    return rule.state === 'elsewhere' || ways === undefined;
  });
  const [only, ...others] = wrong;
  const isOneOfTwo = only !== undefined && others.length === 0 && rule.found.length > 1;
  const whose = isOneOfTwo ? (only.hook === 'sent' ? ' for what this host sends' : ' for what arrives') : '';
  switch (rule.state) {
    case 'unreached':
      return `nothing leads to its rule in the nat table${whose} (the jump from the hook is gone)`;
    case 'elsewhere': {
      const known = new Set(wanted.map(({ proxyPort }) => proxyPort));
      const ports = rule.found.flatMap(({ ways }) => (ways ?? []).map(({ proxyPort }) => proxyPort));
      const foreign = [...new Set(ports.filter((port) => !known.has(port)))];
      return `its rule leads to port ${foreign.join(', ')}, and not to its listener`;
    }
    default:
      return wrong.length === 0
        ? 'the kernel has the rules for some of its clients only'
        : `the kernel has no rule for it${whose}`;
  }
}

function ruleAdvice({ rule, ip, port }: ExplainedPortal, { process }: Walk): string {
  const what = ip === '' ? `dport ${port}` : ip;
  const variant = rule.variant === undefined ? '' : `-${rule.variant}`;
  const look = `Look at iptables${variant}-save -t nat | grep '${what}'`;
  if (process?.inSync === false)
    return `The process is not in sync, which its log says the reason of (what iptables answered). ${look}.`;
  return (
    `Somebody changed the rules; a lost root chain is mended within seconds, all others with the next sync. ` +
    `${look}, and whether another program writes them.`
  );
}
