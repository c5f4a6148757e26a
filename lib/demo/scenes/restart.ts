// demo/scenes/restart.ts: the proxy is killed and started again. The rules stand meanwhile, and lead to its ports.
import { counterIn } from '../evidence.js';
import { isAnswer, isRefused } from '../reply.js';
import { clusterCidr, web } from '../services.js';
import { proxyPorts, seconds } from './endpoint-changes.js';
import { tellReplies } from './requests.js';
import type { Scene } from './scene.js';

export const proxyRestarts: Scene = async (theatre, story) => {
  const { proxy, clock, shell, firewall } = theatre;
  story.scene('kube-portal is killed, and starts again');
  const portsBefore = await proxyPorts(theatre);
  const { pid } = proxy;
  const killedMs = clock.monotonic();
  await proxy.kill();
  story.command('node', `kill -KILL ${pid}`, [{ text: '', note: 'that was kube-portal' }]);
  const meanwhile = await theatre.ask('pods', web, 1);
  const portsMeanwhile = await proxyPorts(theatre);
  story.say(`The rules stand and lead to ports ${portsMeanwhile}, where nobody listens now:`);
  tellReplies(theatre, story, meanwhile);
  await proxy.start();
  const replies = await theatre.ask('pods', web, 3);
  const elapsedMs = clock.monotonic() - killedMs;
  const portsAfter = await proxyPorts(theatre);
  story.say(`A new process, ${proxy.pid}, read the ports back from the rules and bound them again:`);
  tellReplies(theatre, story, replies);
  const listing = await shell('gateway', gatewayCommand(firewall.list));
  const leaked = counterIn(listing, [clusterCidr]);
  story.say(
    'Through all of this, what came to the gateway for a ClusterIP, because no rule had kept it on the node:',
  );
  story.command('gateway', gatewayCommand(firewall.list), leaked === undefined ? [] : [leaked.line]);
  return [
    {
      text: 'restart: the rules outlive the process',
      evidence: `to ${portsMeanwhile}, meanwhile ${meanwhile.every(isRefused) ? 'refused at once' : 'not refused'}`,
      holds: portsMeanwhile === portsBefore && meanwhile.every(isRefused),
    },
    {
      text: 'restart: same proxy ports, answers again',
      evidence: `${portsAfter}, ${seconds(elapsedMs)} after the kill`,
      holds: portsAfter === portsBefore && replies.length === 3 && replies.every(isAnswer),
    },
    {
      text: 'no packet for a ClusterIP ever left the node',
      evidence:
        leaked === undefined ? 'the gateway does not count' : `${leaked.packets} packets at the gateway`,
      holds: leaked?.packets === 0,
    },
  ];
};

/** The rule that it lists is made in open-theatre.ts. */
export function gatewayCommand(iptables: string): string {
  return `${iptables} -t raw -vnL PREROUTING`;
}
