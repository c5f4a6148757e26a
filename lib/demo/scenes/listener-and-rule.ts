// demo/scenes/listener-and-rule.ts: what a Service becomes on a node: a listener, and a rule that leads to it.
import { containerChain, hostChain } from '../../rules/chains.js';
import type { Claim } from '../claim.js';
import { type FoundRule, type ListeningSocket, portalRuleIn, socketsOf } from '../evidence.js';
import { type ShownService, shownServices, web } from '../services.js';
import type { Scene } from './scene.js';

const httpPorts: ReadonlyMap<number, string> = new Map([
  [10_249, 'metrics'],
  [10_256, 'healthz'],
]);

export const listenerAndRule: Scene = async (theatre, story) => {
  const { shell, firewall, manifests, proxy } = theatre;
  story.scene('A Service becomes a listener and a rule');
  story.say(`${web.file} says:`);
  story.show(await manifests.serviceLines(web));
  story.say('For each port of a Service, kube-portal opens a listener, on a port that happens to be free:');
  const sockets = socketsOf(await shell('node', 'ss -Hltunp'), proxy.pid);
  story.command(
    'node',
    'ss -Hltunp',
    sockets.map((socket) => ({ text: socket.line, note: ownerOf(socket) })),
  );
  story.say('What moves the bytes between listener and endpoint is a data plane; there are two:');
  const metrics = (await theatre.metrics()).split('\n');
  story.command(
    'node',
    'curl -s localhost:10249/metrics | grep ^kubeportal_data_plane_info',
    metrics.filter((line) => line.startsWith('kubeportal_data_plane_info')),
  );
  story.say('Rules lead there: one for packets that arrive (CONTAINER), one for what the node sends (HOST):');
  const save = await theatre.save();
  const found = shownServices.map((service) => ({ service, rules: portalRules(save, service) }));
  story.command(
    'node',
    `${firewall.save} -t nat | grep REDIRECT`,
    found.flatMap(({ rules }) => rules.map(({ line }) => line)),
  );
  return found.flatMap(({ service, rules }) => claims(service, rules, sockets, proxy.pid));
};

function portalRules(save: string, service: ShownService): readonly FoundRule[] {
  return [containerChain, hostChain].flatMap((chain) => portalRuleIn(save, chain, service) ?? []);
}

function claims(
  { name, clusterIp, port, protocol }: ShownService,
  rules: readonly FoundRule[],
  sockets: readonly ListeningSocket[],
  pid: number,
): readonly Claim[] {
  const listener = sockets.find((socket) => socket.protocol === protocol && !httpPorts.has(socket.port));
  const [first] = rules;
  return [
    {
      text: `${name}: it has a listener`,
      evidence: listener === undefined ? 'none' : `${protocol} port ${listener.port} of process ${pid}`,
      holds: listener !== undefined,
    },
    {
      text: `${name}: rules steer ${clusterIp}:${port} there`,
      evidence:
        first === undefined
          ? 'there is none'
          : `${first.target} to ${first.proxyPort}, in ${rules.length} chains`,
      holds: rules.length === 2 && rules.every(({ proxyPort }) => proxyPort === listener?.port),
    },
  ];
}

function ownerOf({ protocol, port }: ListeningSocket): string {
  const http = protocol === 'TCP' ? httpPorts.get(port) : undefined;
  return http ?? shownServices.find((service) => service.protocol === protocol)?.name ?? '';
}
