// explain/render.ts: PURE. A walk as text, no wider than 100 columns, for people.
import { hostPort } from '../model/ip.js';
import type { ExplainedEndpoint, ExplainedPortal, ExplainedServicePort, Explanation } from './explanation.js';
import { portalText } from './portal-text.js';
import { senderText } from './sender.js';
import { label } from './sentence.js';
import { type Column, printable, table, wrap } from './table.js';

const width = 100;
const indent = 12;
/** What a person reads through; --json has all. */
const maxLines = 20;

export function renderExplanation(explanation: Explanation): string {
  const { asked, from, against, node, slices, servicePorts, problems, strays, unknown, verdict } =
    explanation;
  const source = against === 'process' ? `the process on node ${node}` : 'manifests alone';
  const lines = [
    ...field('Service', [`${asked}, ${senderText(from)}, by ${source}`]),
    ...field('Problems', [...problems, ...strays]),
    ...field('Slices', capped(slices.map(sliceText))),
    ...servicePorts.flatMap((port) => ['', ...field('Port', [label(port)]), ...portLines(port)]),
    ...(servicePorts.length > 0 || slices.length > 0 ? [''] : []),
    ...field('Not seen', unknown),
    ...field('Verdict', [verdict.text]),
    ...field('Next', verdict.next === undefined ? [] : [verdict.next]),
    '',
  ];
  return printable(lines.join('\n'));
}

function portLines(port: ExplainedServicePort): readonly string[] {
  const fit = width - indent;
  return [
    ...field('Endpoints', endpointLines(port, fit)),
    ...field('Portals', table(blank(3), port.portals.map(portalCells), fit)),
    ...field(
      'Listeners',
      table(
        blank(3),
        port.listeners.map(({ scope, claim, port: at, isOpen, open, opened, failed }) => [
          claim ? `holds nodePort ${at}` : `${scope} endpoints, port ${at}`,
          isOpen === null ? 'open, it says' : isOpen ? 'open' : 'NOT OPEN',
          `${open} open, ${opened} opened, ${failed} failed`,
        ]),
        fit,
      ),
    ),
    ...field('Problems', port.problems),
  ];
}

function endpointLines({ endpoints, endpointsTotal, protocol }: ExplainedServicePort, fit: number) {
  if (endpoints.length === 0) return ['none'];
  const shown = endpoints.slice(0, maxLines);
  const more = endpointsTotal - shown.length;
  return [
    ...table(
      blank(3),
      shown.map((one) => endpointCells(one, protocol)),
      fit,
    ),
    ...(more > 0 ? [`and ${more} more: --json shows them`] : []),
  ];
}

function sliceText({ object, ports, problems }: Explanation['slices'][number]): string {
  const offered = ports.map(({ name, protocol, port, endpoints }) => {
    return `${name === '' ? '' : `${name} `}${port}/${protocol}: ${endpoints} endpoint${endpoints === 1 ? '' : 's'}`;
  });
  const said = offered.length === 0 ? ['no endpoints'] : offered;
  return `${object.replace(/^EndpointSlice /, '')}  ${[...said, ...problems].join('; ')}`;
}

function endpointCells(
  { ip, port, usableFor, whyNot, probe, nodeName }: ExplainedEndpoint,
  protocol: ExplainedServicePort['protocol'],
): readonly string[] {
  const reasons = Object.entries(whyNot);
  const isSplit = usableFor.length > 0 && reasons.length > 0;
  const why = [...new Set(reasons.map(([, reason]) => reason))].join('; ');
  const use = isSplit
    ? `usable (scope ${usableFor.join(', ')} only: ${why})`
    : usableFor.length > 0
      ? 'usable'
      : `not used: ${why}`;
  const asked = probe === undefined ? '' : probeText(probe, protocol);
  const isOnNode = nodeName !== undefined && !why.includes(nodeName);
  return [`${hostPort(ip, port)}${isOnNode ? ` on ${nodeName}` : ''}`, use, asked];
}

function probeText(
  { outcome, elapsedMs, error }: NonNullable<ExplainedEndpoint['probe']>,
  protocol: ExplainedServicePort['protocol'],
): string {
  if (outcome === 'answers') return `answers (${elapsedMs} ms)`;
  if (outcome !== 'silent') return `${outcome}${error === undefined ? '' : ` (${error})`}`;
  return `silent for ${Math.round(elapsedMs)} ms${protocol === 'UDP' ? ', as UDP may be' : ''}`;
}

function portalCells(portal: ExplainedPortal): readonly string[] {
  const { isAsked, lostTo, isBlocked, ways, sourceRanges, isLetIn, rule, offeredAt } = portal;
  const at = `${portalText(portal)}${offeredAt === undefined ? '' : ` at ${offeredAt.join(', ') || 'no address'}`}`;
  if (lostTo !== undefined || ways.length === 0) return [at, `LOST to ${lostTo ?? 'another Service'}`, ''];
  if (isBlocked) return [at, 'TAKEN by another process', ''];
  const led = ways.map(({ from, scope, disposition }) => {
    const end = disposition === 'serve' ? '' : `, ${disposition.toUpperCase()}`;
    return `${ways.length > 1 ? `${from}: ` : ''}${scope} endpoints${end}`;
  });
  const ranges = sourceRanges === undefined ? '' : `; ${rangesText(isLetIn, sourceRanges)}`;
  const served = isAsked ? led.join('; ') : 'not for these clients';
  return [at, `${served}${ranges}`, ruleText(rule)];
}

function rangesText(isLetIn: boolean | null, ranges: readonly string[]): string {
  const whom = ranges.length === 0 ? 'nobody' : ranges.join(', ');
  if (isLetIn === null) return `only ${whom}`;
  return isLetIn ? `let in by ${whom}` : `SHUT OUT: only ${whom}`;
}

function ruleText({ state, variant }: ExplainedPortal['rule']): string {
  switch (state) {
    case 'in-place':
      return `rule in place (${variant})`;
    case 'missing':
      return 'NO RULE in the kernel';
    case 'unreached':
      return 'rule UNREACHED: no jump to it';
    case 'elsewhere':
      return 'rule leads ELSEWHERE';
    case 'not-wanted':
      return 'no rule wanted';
    case 'unknown':
      return '';
  }
}

function blank(count: number): readonly Column[] {
  return Array.from({ length: count }, (): Column => ({ title: '', excess: 'wrap' }));
}

function capped(lines: readonly string[]): readonly string[] {
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), `and ${lines.length - maxLines} more: --json shows all`];
}

/** Nothing for a field without values. */
function field(name: string, values: readonly string[]): readonly string[] {
  const lines = values.flatMap((value) =>
    value.length > width - indent ? wrap(value, width - indent) : [value],
  );
  return lines.map((line, at) => `${(at === 0 ? name : '').padEnd(indent)}${line}`.trimEnd());
}
