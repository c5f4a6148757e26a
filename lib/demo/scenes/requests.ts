// demo/scenes/requests.ts: a series of requests to a Service, and the traces each of them leaves: the rule's counter, the
// connection tracking entry, the log of the endpoint that answered.
import type { Claim } from '../claim.js';
import {
  type Counter,
  counterIn,
  type FoundFlow,
  flowIn,
  isInTurn,
  portalRuleIn,
  portalWords,
  splitFlowLine,
} from '../evidence.js';
import { answererOf, isAnswer, type Reply } from '../reply.js';
import type { ShownService } from '../services.js';
import type { Story } from '../story.js';
import { columns } from '../text-layout.js';
import type { Theatre } from '../theatre.js';

export interface Series {
  readonly place: 'pods' | 'node';
  /** Who asks: `a pod`, `the node`. */
  readonly asker: string;
  readonly service: ShownService;
  readonly times: number;
  /** The chain whose rule these packets meet. */
  readonly chain: string;
  /** Where the answers come from, by address: who answers what the client asked. */
  readonly flowNotes: readonly [original: string, reply: string];
}

export async function showSeries(theatre: Theatre, story: Story, series: Series): Promise<readonly Claim[]> {
  const { place, service, times, chain } = series;
  const before = await countPackets(theatre, series);
  const replies = await theatre.ask(place, service, times);
  const after = await countPackets(theatre, series);
  tellReplies(theatre, story, replies);
  story.say('The rule counts what it steers, one packet for each new flow; before and after:');
  const counters = [before, after].flatMap((counter) => counter?.line ?? []);
  story.command('node', counterCommand(theatre, chain), [
    ...(counters.length === 0 ? [] : ['pkts bytes target prot opt in out source destination']),
    ...counters,
  ]);
  const flow = await showFlow(theatre, story, series, replies);
  const proxyPort = portalRuleIn(await theatre.save(), chain, service)?.proxyPort;
  const name = `${series.asker} → ${service.name}`;
  return [
    answered(theatre, name, replies, times),
    inTurn(name, replies, service.endpointIps),
    counted(name, [before, after], times, chain),
    {
      text: `${name}: conntrack sends answers back`,
      evidence:
        flow === undefined
          ? 'no entry'
          : `asked port ${flow.original.dport}, reply from port ${flow.reply.sport}`,
      holds: proxyPort !== undefined && flow?.reply.sport === proxyPort,
    },
  ];
}

function counterCommand({ firewall }: Theatre, chain: string): string {
  return `${firewall.list} -t nat -vnL ${chain}`;
}

async function countPackets(theatre: Theatre, { chain, service }: Series): Promise<Counter | undefined> {
  const listing = await theatre.shell('node', counterCommand(theatre, chain));
  return counterIn(listing, portalWords(service));
}

/** One line a request: what the client got, and what the endpoint logged of it. */
export function tellReplies(theatre: Theatre, story: Story, replies: readonly Reply[]): void {
  const told = columns(replies.map((reply) => [reply.id, isAnswer(reply) ? reply.text : reply.error]));
  story.show(
    replies.map((reply, at) => {
      const [logged] = theatre.endpoints.answersTo(reply.id);
      const whose = logged?.endpoint === answererOf(reply) ? 'its log' : `log of ${logged?.endpoint}`;
      return { text: told[at] ?? '', note: logged === undefined ? '' : `${whose}: ${logged.line}` };
    }),
  );
}

async function showFlow(
  { shell, parseFlow }: Theatre,
  story: Story,
  { service, flowNotes }: Series,
  replies: readonly Reply[],
): Promise<FoundFlow | undefined> {
  const command = `conntrack -L -p ${service.protocol.toLowerCase()} --orig-dst ${service.clusterIp}`;
  const listing = await shell('node', command);
  const clientPort = replies.find(isAnswer)?.clientPort;
  story.say(
    'Connection tracking remembers the translation, so that answers find back; of the first request:',
  );
  if (clientPort === undefined) {
    story.command(
      'node',
      command,
      listing.split('\n').filter((line) => line !== ''),
    );
    return undefined;
  }
  const flow = flowIn(listing, parseFlow, { dst: service.clusterIp, clientPort });
  const notes = ['', ...flowNotes];
  story.command(
    'node',
    `${command} | grep sport=${clientPort}`,
    flow === undefined ? [] : splitFlowLine(flow.line).map((text, at) => ({ text, note: notes[at] ?? '' })),
  );
  return flow;
}

/** Every request has an answer, and the endpoint that it names has logged it, and no other one. */
export function answered(theatre: Theatre, name: string, replies: readonly Reply[], times: number): Claim {
  const answers = replies.filter(isAnswer);
  const confirmed = answers.filter((answer) => {
    const logged = theatre.endpoints.answersTo(answer.id);
    return logged.length === 1 && logged[0]?.endpoint === answererOf(answer);
  });
  const failures = replies.flatMap((reply) => (isAnswer(reply) ? [] : [`${reply.id} ${reply.error}`]));
  const logged = `${answers.length} of ${times}; ${confirmed.length} in the log of the named endpoint`;
  const evidence = failures.length === 0 ? logged : `${answers.length} of ${times}; ${failures.join(', ')}`;
  return {
    text: `${name}: every request is answered`,
    evidence,
    holds: confirmed.length === times,
  };
}

/** @param ips all that take part */
export function inTurn(name: string, replies: readonly Reply[], ips: readonly string[]): Claim {
  const takers = replies.map(answererOf);
  const expected = takers.every((taker) => ips.includes(taker?.replace(/:\d+$/, '') ?? ''));
  const nobody = takers.every((taker) => taker === undefined);
  return {
    text: `${name}: the endpoints take turns`,
    evidence: nobody ? 'nobody answered' : takers.map(lastByte).join(' '),
    holds: expected && isInTurn(takers, ips.length),
  };
}

/** `.11` for 10.244.0.11:8080. */
function lastByte(endpoint: string | undefined): string {
  return /\.\d+(?=:)/.exec(endpoint ?? '')?.[0] ?? '–';
}

function counted(
  name: string,
  [before, after]: readonly [Counter | undefined, Counter | undefined],
  times: number,
  chain: string,
): Claim {
  const text = `${name}: a rule steered each`;
  if (before === undefined || after === undefined)
    return { text, evidence: `no rule in ${chain}`, holds: false };
  return {
    text,
    evidence: `${chain} counted ${before.packets} → ${after.packets}`,
    holds: after.packets - before.packets === times,
  };
}
