// demo/scenes/steering.ts: the three ways into a Service that the demo shows: from a pod, from the node, by UDP.
import { containerChain, hostChain } from '../../rules/chains.js';
import { clientIp, clock, serviceUrl, web } from '../services.js';
import { answered, showSeries, tellReplies } from './requests.js';
import type { Scene } from './scene.js';

export const podAsks: Scene = async (theatre, story) => {
  story.scene('A pod asks the ClusterIP');
  story.say(
    `The pod ${clientIp} asks ${serviceUrl(web)} six times. Its packets arrive at the node and pass PREROUTING, then ${containerChain}:`,
  );
  return showSeries(theatre, story, {
    place: 'pods',
    asker: 'pod',
    service: web,
    times: 6,
    chain: containerChain,
    flowNotes: ['the pod asked the ClusterIP', 'the proxy port answers'],
  });
};

export const nodeAsks: Scene = async (theatre, story) => {
  story.scene('The node itself asks');
  story.say(`What the node sends passes OUTPUT, then ${hostChain}: another chain, the same listener.`);
  return showSeries(theatre, story, {
    place: 'node',
    asker: 'node',
    service: web,
    times: 3,
    chain: hostChain,
    flowNotes: ['the node asked the ClusterIP', 'the proxy port answers, on loopback'],
  });
};

export const udpAsks: Scene = async (theatre, story) => {
  story.scene('UDP');
  story.say(
    'UDP has no connections. Each client (address and port) is a flow of its own, kept while it sends or is answered:',
  );
  const fromPod = await showSeries(theatre, story, {
    place: 'pods',
    asker: 'pod',
    service: clock,
    times: 4,
    chain: containerChain,
    flowNotes: ['the pod asked the ClusterIP', 'the proxy port answers'],
  });
  story.say(
    'And from the node, where the answer must come from the ClusterIP that was asked, or the client drops it:',
  );
  const replies = await theatre.ask('node', clock, 2);
  tellReplies(theatre, story, replies);
  return [...fromPod, answered(theatre, `node → ${clock.name}`, replies, 2)];
};
