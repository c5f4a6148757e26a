// explain/status-text.ts: PURE. `kube-portal status` as text: the process in a few words, a line for each ServicePort, what
// is wrong.
import { hostPort } from '../model/ip.js';
import type { PortalAddress } from '../model/portal-address.js';
import type { ProcessFacts } from '../proxier/process-facts.js';
import type { ServiceRow } from '../proxier/service-rows.js';
import { printable, table } from './table.js';

export function statusText(facts: ProcessFacts, rows: readonly ServiceRow[], nowMs: number): string {
  const { problems, problemsTotal } = facts;
  const lines = problems.map(({ subject, message }) => `  ${subject}: ${message}`);
  const more = problemsTotal - problems.length;
  const text = [
    headText(facts, nowMs),
    '',
    ...(rows.length === 0 ? ['No Service is served.'] : serviceTable(rows)),
    ...(lines.length === 0 ? [] : ['', `Problems (${problemsTotal})`, ...lines]),
    ...(more > 0 ? [`  and ${more} more`] : []),
    '',
  ].join('\n');
  return printable(text);
}

function headText(
  { version, pid, node, dataPlane, iptablesVariant, source, sourceHealth, sync, totals }: ProcessFacts,
  nowMs: number,
): string {
  const ago =
    sync.lastUpdatedMs === undefined ? 'no sync yet' : `last sync ${agoText(nowMs - sync.lastUpdatedMs)} ago`;
  const health = sync.healthy ? 'in sync' : 'NOT IN SYNC';
  const from = sourceHealth.state === 'failing' ? `${source}, FAILING: ${sourceHealth.message}` : source;
  return [
    `kube-portal ${version}, pid ${pid}, node ${node}: ${health}, ${ago}`,
    `data plane ${dataPlane}, iptables ${iptablesVariant}, Services from ${from}`,
    `${totals.tcpConnections} TCP connections, ${totals.udpClients} UDP clients open, of at most ${totals.maxConnections}`,
  ].join('\n');
}

function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`;
}

function serviceTable(rows: readonly ServiceRow[]): readonly string[] {
  return table(
    [
      { title: 'SERVICE' },
      { title: 'PROTO' },
      { title: 'PORTALS' },
      { title: 'PROXY PORTS' },
      { title: 'ENDPOINTS', align: 'right' },
      { title: 'OPEN', align: 'right' },
      { title: 'OPENED', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'PROBLEMS', align: 'right' },
    ],
    rows.map(({ name, protocol, portals, listeners, endpoints, open, opened, failed, problems }) => [
      name,
      protocol,
      portalsText(portals),
      listenersText(listeners),
      `${endpoints.usable}/${endpoints.known}`,
      String(open),
      String(opened),
      String(failed),
      problems.length === 0 ? '-' : String(problems.length),
    ]),
  );
}

/** The clusterIP comes first; of the others, how many do not fit into a table. */
function portalsText(portals: readonly PortalAddress[]): string {
  const nodePort = portals.find(({ kind }) => kind === 'nodePort');
  const [first, ...rest] = portals.filter(({ kind }) => kind !== 'nodePort');
  if (first === undefined) return '-';
  const others = rest.length === 0 ? '' : ` +${rest.length}`;
  return `${hostPort(first.ip, first.port)}${nodePort === undefined ? '' : ` :${nodePort.port}`}${others}`;
}

/** L: of Local endpoints; !: refused or dropped, for want of endpoints. */
function listenersText(listeners: ServiceRow['listeners']): string {
  const shown = listeners
    .filter(({ claim }) => !claim)
    .map(
      ({ scope, port, disposition }) =>
        `${port}${scope === 'Local' ? 'L' : ''}${disposition === 'serve' ? '' : '!'}`,
    );
  return shown.length === 0 ? '-' : shown.join(' ');
}
