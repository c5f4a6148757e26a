// test/support/fake-theatre.ts: a world for the demo's scenes that is told by a few variables instead of a kernel, and in
// which any one thing can be wrong.
import { parseConntrackLine } from '../../lib/conntrack/entries.js';
import type { Reply } from '../../lib/demo/reply.js';
import { allServices, type ShownService } from '../../lib/demo/services.js';
import type { Story } from '../../lib/demo/story.js';
import { createTheatre, type Theatre } from '../../lib/demo/theatre.js';
import { fakeClock } from './fake-clock.js';

export type Fault =
  | 'rules withheld'
  | 'one rule missing'
  | 'no listeners'
  | 'counter stands still'
  | 'no translation'
  | 'always the same endpoint'
  | 'somebody else answers'
  | 'no retry'
  | 'deaf to edits'
  | 'rewrites rules'
  | 'answers without endpoints'
  | 'new ports after a restart'
  | 'packets get out'
  | 'no raw sockets'
  | 'half an association';

interface Served {
  readonly service: ShownService;
  ips: readonly string[];
  turn: number;
  proxyPort: number;
}

export interface FakeWorld {
  readonly theatre: Theatre;
  readonly story: Story;
  /** All that was told, a line each. */
  readonly told: readonly string[];
}

export function createFakeWorld(fault?: Fault): FakeWorld {
  const served: readonly Served[] = allServices.map((service, at) => {
    return { service, ips: service.endpointIps, turn: 0, proxyPort: 40_001 + at };
  });
  const dead = new Set<string>();
  const answers: { id: string; endpoint: string; line: string }[] = [];
  const counters = new Map<string, number>();
  const flows: string[] = [];
  const state = {
    pid: 100,
    up: true,
    failedDials: 0,
    clientPort: 50_000,
    written: 11,
    sctpPackets: 0,
    sctpOpened: 0,
  };
  const picks = new Map<string, number>();

  function reply(place: string, entry: Served, id: string): Reply {
    const { service, ips, turn, proxyPort } = entry;
    if (fault === 'rules withheld') return { id, error: 'ETIMEDOUT' };
    const chain = place === 'pods' ? 'KUBE-PORTALS-CONTAINER' : 'KUBE-PORTALS-HOST';
    const key = `${chain} ${service.name}`;
    if (fault !== 'counter stands still') counters.set(key, (counters.get(key) ?? 0) + 1);
    if (!state.up || (ips.length === 0 && fault !== 'answers without endpoints'))
      return { id, error: 'ECONNREFUSED' };
    const living = ips.length === 0 ? service.endpointIps : ips;
    let ip = living[turn % living.length] ?? '';
    if (fault !== 'always the same endpoint') entry.turn += 1;
    if (dead.has(ip)) {
      state.failedDials += 1;
      if (fault === 'no retry') return { id, error: 'ECONNRESET' };
      ip = living.find((other) => !dead.has(other)) ?? '';
    }
    const endpoint = `${ip}:${service.endpointPort}`;
    picks.set(endpoint, (picks.get(endpoint) ?? 0) + 1);
    if (service.protocol === 'SCTP') state.sctpPackets += fault === 'half an association' ? 4 : 9;
    if (service.protocol === 'SCTP') state.sctpOpened += 1;
    state.clientPort += 1;
    const { clientPort } = state;
    const logged = fault === 'somebody else answers' ? '10.9.9.9:9' : endpoint;
    answers.push({ id, endpoint: logged, line: `answered ${id} to 10.244.0.1:${clientPort}` });
    const replyPort = fault === 'no translation' ? service.port : proxyPort;
    flows.push(
      `${service.protocol.toLowerCase()} 6 9 src=10.244.0.2 dst=${service.clusterIp} sport=${clientPort} dport=${service.port} src=10.244.0.1 dst=10.244.0.2 sport=${replyPort} dport=${clientPort} mark=0 use=1`,
    );
    return { id, text: `hello, says ${service.name} at ${endpoint}`, clientPort };
  }

  function portalRules(): readonly string[] {
    if (fault === 'rules withheld') return [];
    return ['KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST'].flatMap((chain) =>
      served
        .filter(() => fault !== 'one rule missing' || chain === 'KUBE-PORTALS-CONTAINER')
        .map(({ service: { clusterIp, protocol, port, servicePortName }, proxyPort }) => {
          const p = protocol.toLowerCase();
          return `-A ${chain} -d ${clusterIp}/32 -p ${p} -m comment --comment "${servicePortName}" -m ${p} --dport ${port} -j REDIRECT --to-ports ${proxyPort}`;
        }),
    );
  }

  function save(): string {
    const refused = served.filter(({ ips }) => ips.length === 0);
    const rejects = refused.map(
      ({ service, proxyPort }) =>
        `-A KUBE-PORTALS-REFUSE -p ${service.protocol.toLowerCase()} -m multiport --dports ${proxyPort} -j REJECT`,
    );
    const marker = fault === 'rewrites rules' ? [`-A KUBE-PORTALS-HOST -m mark --mark ${state.written}`] : [];
    return ['*filter', ...rejects, 'COMMIT', '*nat', ...portalRules(), ...marker, 'COMMIT', ''].join('\n');
  }

  function shell(command: string): string {
    const chain = / -vnL (\S+)/.exec(command)?.[1];
    if (command.startsWith('fake-save')) return save();
    if (chain === 'PREROUTING') {
      const leaked = fault === 'packets get out' || fault === 'rules withheld' ? 4 : 0;
      return `  ${leaked}   240 DROP  0  --  *  *  0.0.0.0/0   10.96.0.0/16\n`;
    }
    if (chain !== undefined) {
      const rows = fault === 'rules withheld' ? [] : served;
      return rows
        .map(({ service: { name, clusterIp, protocol, port } }) => {
          const count = counters.get(`${chain} ${name}`) ?? 0;
          return ` ${count}  0 REDIRECT 6 -- * * 0.0.0.0/0 ${clusterIp} ${protocol.toLowerCase()} dpt:${port}\n`;
        })
        .join('');
    }
    if (command.startsWith('conntrack')) return flows.join('\n');
    if (command.startsWith('nstat')) return `TcpAttemptFails   ${state.failedDials}   0.0\n`;
    if (command.includes('lwnp'))
      return fault === 'no listeners'
        ? ''
        : `UNCONN 0 0 0.0.0.0:132 0.0.0.0:* users:(("node",pid=${state.pid},fd=9))\n`;
    if (!command.startsWith('ss ') || fault === 'no listeners') return '';
    return served
      .map(({ service, proxyPort }) => {
        return `${service.protocol.toLowerCase()} LISTEN 0 1 0.0.0.0:${proxyPort} 0.0.0.0:* users:(("node",pid=${state.pid},fd=2))\n`;
      })
      .join('');
  }

  function metrics(): string {
    const lines = [...picks].map(([endpoint, count]) => {
      return `kubeportal_endpoint_picks_total{service="web",endpoint="${endpoint}"} ${count}`;
    });
    return [
      ...lines,
      'kubeportal_data_plane_info{kind="node",reason="asked for"} 1',
      `kubeportal_rules_written_total ${state.written}`,
      `kubeportal_connections_opened_total{service="signal"} ${state.sctpOpened}`,
      `kubeportal_sctp_packets_total{service="signal",direction="rx"} ${state.sctpPackets}`,
    ].join('\n');
  }

  const told: string[] = [];
  const keep = (...lines: readonly string[]): void => void told.push(...lines);
  const story: Story = {
    title: keep,
    scene: keep,
    say: keep,
    show: (shown) =>
      keep(...shown.map((line) => (typeof line === 'string' ? line : `${line.text} ${line.note}`))),
    verbatim: (lines) => keep(...lines),
    command: (place, command, shown) => {
      keep(`${place}$ ${command}`);
      story.show(shown);
    },
    claim: ({ text, holds }) => keep(`${holds} ${text}`),
    summary: () => {},
    pause: () => Promise.resolve(),
  };

  const theatre = createTheatre({
    shell: (_place, command) => Promise.resolve(shell(command)),
    askUrls(place, urls) {
      const replies = urls.map((text): Reply => {
        const url = new URL(text);
        if (url.pathname === '/metrics') return { id: url.pathname, text: metrics(), clientPort: 1 };
        const entry = served.find(({ service }) => service.clusterIp === url.hostname);
        if (entry === undefined) {
          answers.push({
            id: url.pathname,
            endpoint: url.host,
            line: `answered ${url.pathname} to 10.244.0.1:1`,
          });
          return { id: url.pathname, text: `hello at ${url.host}`, clientPort: 1 };
        }
        return reply(place, entry, url.pathname);
      });
      return Promise.resolve(replies);
    },
    endpoints: {
      start: () => Promise.resolve(),
      kill(_service, ip) {
        dead.add(ip);
        return Promise.resolve(77);
      },
      answersTo: (id) => answers.filter((answer) => answer.id === id),
    },
    manifests: {
      directory: '/manifests',
      serviceLines: () => Promise.resolve(['kind: Service']),
      setEndpoints({ name }, ips) {
        const entry = served.find(({ service }) => service.name === name);
        if (entry !== undefined && fault !== 'deaf to edits') entry.ips = ips;
        if (fault === 'rewrites rules') state.written += 1;
        return Promise.resolve([`+ ${ips.join(' ')}`]);
      },
    },
    proxy: {
      get pid() {
        return state.pid;
      },
      log: ['{"level":"info","msg":"fine"}', '{"level":"warn","msg":"rules are gone"}'],
      start() {
        state.pid += 1;
        state.up = true;
        for (const entry of served) if (fault === 'new ports after a restart') entry.proxyPort += 10;
        return Promise.resolve();
      },
      kill() {
        state.up = false;
        return Promise.resolve();
      },
    },
    firewall: { list: 'fake', save: 'fake-save' },
    parseFlow: parseConntrackLine,
    sctpObstacle: fault === 'no raw sockets' ? 'no CAP_NET_RAW' : undefined,
    clock: fakeClock(),
  });
  // The fake clock stands still: a few tries are as good as five seconds of them.
  const hurried: Theatre = {
    ...theatre,
    async eventually(attempt) {
      for (let tries = 0; tries < 3; tries++) {
        const result = await attempt();
        if (result !== undefined) return result;
      }
      return undefined;
    },
  };
  return { theatre: hurried, story, told };
}
