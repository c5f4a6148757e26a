// demo/scenes/dead-endpoint.ts: an endpoint dies and nobody has said so yet: what only a proxy can do about it.
import { hostPort } from '../../model/ip.js';
import { picksIn, squeeze } from '../evidence.js';
import { web } from '../services.js';
import type { Theatre } from '../theatre.js';
import { answered, tellReplies } from './requests.js';
import type { Scene } from './scene.js';

/** The one that dies here, and that deadEndpointIsReplaced takes out of the slice. */
export const victimIp = '10.244.0.13';

const times = 6;

export const endpointDies: Scene = async (theatre, story) => {
  const { endpoints } = theatre;
  const victim = hostPort(victimIp, web.endpointPort);
  story.scene('An endpoint dies');
  const pid = await endpoints.kill(web, victimIp);
  story.command('pods', `kill -KILL ${pid}`, [{ text: '', note: `that was web at ${victim}` }]);
  story.say('The EndpointSlice still names it, so one client will be sent there. Six requests from the pod:');
  const failedBefore = await failedDials(theatre);
  const before = picksIn(await theatre.metrics(), web, web.endpointIps);
  const replies = await theatre.ask('pods', web, times);
  const after = picksIn(await theatre.metrics(), web, web.endpointIps);
  tellReplies(theatre, story, replies);
  const failedAfter = await failedDials(theatre);
  story.say(
    'A dial of the node was refused, and kube-portal tried the next endpoint while that client waited; before and after:',
  );
  story.command('node', dialCommand, [failedBefore.line, failedAfter.line]);
  story.say('How often each endpoint was chosen and answered the dial, by the metrics, before and after:');
  story.show(
    web.endpointIps.map(
      (ip, at) => `kubeportal_endpoint_picks_total{endpoint="${ip}:8080"} ${before[at]} → ${after[at]}`,
    ),
  );
  const gained = after.map((count, at) => count - (before[at] ?? 0));
  const victimAt = web.endpointIps.indexOf(victimIp);
  return [
    answered(theatre, 'dead endpoint', replies, times),
    {
      text: 'dead endpoint: dialled, refused, set aside',
      evidence: `failed dials ${failedBefore.count} → ${failedAfter.count}; picks ${gained.map((count) => `+${count}`).join(' ')}`,
      holds:
        failedAfter.count > failedBefore.count &&
        gained[victimAt] === 0 &&
        gained.reduce((sum, count) => sum + count, 0) === times,
    },
  ];
};

/** Of the node's kernel: SYN_SENT to CLOSED (RFC 4022, tcpAttemptFails). Nobody else dials there. */
const dialCommand = 'nstat -asz TcpAttemptFails | grep Tcp';

async function failedDials({ shell }: Theatre): Promise<{ readonly line: string; readonly count: number }> {
  const line = squeeze(await shell('node', dialCommand));
  return { line, count: Number(line.split(' ')[1]) };
}
