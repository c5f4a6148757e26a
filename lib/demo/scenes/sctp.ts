// demo/scenes/sctp.ts: SCTP, which nobody listens for: its packets are relayed by a raw socket, and its associations stay
// between client and endpoint.
import { containerChain } from '../../rules/chains.js';
import type { Claim } from '../claim.js';
import { metricIn, rawSocketsOf } from '../evidence.js';
import { isAnswer, isRefused } from '../reply.js';
import { signal } from '../services.js';
import type { Story } from '../story.js';
import type { Theatre } from '../theatre.js';
import { becomes, edit, seconds } from './endpoint-changes.js';
import { answered, showSeries, tellReplies } from './requests.js';
import type { Scene } from './scene.js';

const times = 4;

export const sctpAsks: Scene = async (theatre, story) => {
  story.scene('SCTP');
  if (theatre.sctpObstacle !== undefined) {
    story.say(`Left out: SCTP needs raw sockets, and there are none to be had here. ${theatre.sctpObstacle}`);
    return [];
  }
  const socket = await tellSocket(theatre, story);
  const before = await counted(theatre);
  const series = await showSeries(theatre, story, {
    place: 'pods',
    asker: 'pod',
    service: signal,
    times,
    chain: containerChain,
    flowNotes: ['the pod asked the ClusterIP', 'the proxy port answers'],
  });
  const relayed = await tellRelayed(theatre, story, before);
  story.say('And from the node:');
  const replies = await theatre.ask('node', signal, 2);
  tellReplies(theatre, story, replies);
  return [
    socket,
    ...series,
    relayed,
    answered(theatre, `node → ${signal.name}`, replies, 2),
    ...(await tellRefusal(theatre, story)),
  ];
};

async function tellSocket({ shell, proxy }: Theatre, story: Story): Promise<Claim> {
  story.say(
    'An SCTP association has streams, messages and its own handshake. kube-portal ends none: it passes the packets on, with other ports, so client and endpoint keep one association. One raw socket sees them all:',
  );
  const command = 'ss -Hlwnp';
  const sockets = rawSocketsOf(await shell('node', command), proxy.pid);
  story.command('node', `${command} | grep :132`, sockets);
  return {
    text: `${signal.name}: a raw socket instead of a listener`,
    evidence: sockets.length === 0 ? 'none' : `protocol 132, process ${proxy.pid}`,
    holds: sockets.length > 0,
  };
}

const counters = {
  associations: 'kubeportal_connections_opened_total',
  packets: 'kubeportal_sctp_packets_total',
} as const;
type Counted = Readonly<Record<keyof typeof counters, number>>;

async function counted(theatre: Theatre): Promise<Counted> {
  const text = await theatre.metrics();
  const of = (name: string): number => metricIn(text, name, { service: signal.name }) ?? 0;
  return { associations: of(counters.associations), packets: of(counters.packets) };
}

/** Each has a handshake of four packets, a message and its answer, and an end of three: less is no association. */
async function tellRelayed(theatre: Theatre, story: Story, before: Counted): Promise<Claim> {
  const after = await counted(theatre);
  story.say('The relay counts whole associations, and their packets in both directions; before and after:');
  story.show([
    `${counters.associations}{service="${signal.name}"} ${before.associations} → ${after.associations}`,
    `${counters.packets}{service="${signal.name}"} ${before.packets} → ${after.packets}`,
  ]);
  const associations = after.associations - before.associations;
  const packets = after.packets - before.packets;
  return {
    text: `pod → ${signal.name}: associations end to end`,
    evidence: `${associations} relayed, in ${packets} packets`,
    holds: associations === times && packets >= 9 * times,
  };
}

async function tellRefusal(theatre: Theatre, story: Story): Promise<readonly Claim[]> {
  story.say('Scaled to zero, the relay itself refuses, in the words of SCTP (ABORT); and back:');
  const goneMs = await edit(theatre, story, signal, []);
  const refusal = await becomes(theatre, signal, isRefused, goneMs);
  tellReplies(theatre, story, refusal.replies);
  const backMs = await edit(theatre, story, signal, signal.endpointIps);
  const back = await becomes(theatre, signal, isAnswer, backMs);
  tellReplies(theatre, story, back.replies);
  return [
    {
      text: `no endpoints: ${signal.name} (${signal.protocol}) refuses`,
      evidence: refusal.reached
        ? `ECONNREFUSED, ${seconds(refusal.elapsedMs)} after the edit`
        : 'not within 5 s',
      holds: refusal.reached,
    },
    {
      text: `back: ${signal.name} answers`,
      evidence: back.reached ? `${seconds(back.elapsedMs)} after the edit` : 'not within 5 s',
      holds: back.reached,
    },
  ];
}
