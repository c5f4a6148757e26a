// demo/scenes/loss.ts: something claimed did not happen: follows the packet's way and says where it ends. Told only then.
import { containerChain } from '../../rules/chains.js';
import { counterIn, portalRuleIn, portalWords, socketsOf, squeeze } from '../evidence.js';
import { findLoss } from '../loss.js';
import { levelOfLine, messageOf } from '../proxy-process.js';
import { isAnswer } from '../reply.js';
import { clusterCidr, web } from '../services.js';
import type { Story } from '../story.js';
import type { Theatre } from '../theatre.js';
import { tellReplies } from './requests.js';
import { gatewayCommand } from './restart.js';

/** Resolves with the verdict, which it has told as well. */
export async function tellWhereItIsLost(theatre: Theatre, story: Story): Promise<string> {
  const { shell, firewall, proxy } = theatre;
  const show = async (place: 'node' | 'gateway', command: string): Promise<string> => {
    const printed = await shell(place, command);
    story.command(
      place,
      command,
      printed
        .split('\n')
        .filter((line) => line !== '')
        .map(squeeze),
    );
    return printed;
  };
  story.scene('Where did it get lost?');
  story.say(
    'The stations of a packet to the ClusterIP, one after another. Is there a rule, and has it counted?',
  );
  await show('node', `${firewall.save} -t nat | grep ${web.clusterIp}`);
  const counter = counterIn(
    await shell('node', `${firewall.list} -t nat -vnL ${containerChain}`),
    portalWords(web),
  );
  story.say('Was a flow translated?');
  const flows = await show('node', `conntrack -L --orig-dst ${web.clusterIp} 2>/dev/null`);
  story.say('Does the proxy listen?');
  const sockets = socketsOf(await show('node', 'ss -Hltunp'), proxy.pid);
  story.say('Does an endpoint answer when the node asks it directly?');
  const direct = await theatre.askEndpoint('node', web, web.endpointIps[0] ?? '');
  tellReplies(theatre, story, direct);
  story.say('Did packets for a ClusterIP leave the node by the default route?');
  const atGateway = counterIn(await show('gateway', gatewayCommand(firewall.list)), [clusterCidr]);
  const complaints = complaintsIn(proxy.log);
  if (complaints.length > 0) {
    story.say('What kube-portal itself complains of, in its log:');
    story.show(complaints);
  }
  const rule = portalRuleIn(await theatre.save(), containerChain, web);
  const verdict = findLoss(web, {
    rule,
    counted: counter?.packets ?? 0,
    translated: flows.split('\n').some((line) => theatre.parseFlow(line)?.reply.sport === rule?.proxyPort),
    listening: sockets.some(({ protocol, port }) => protocol === 'TCP' && port === rule?.proxyPort),
    endpointAnswers: direct.some(isAnswer),
    atGateway: atGateway?.packets ?? 0,
  });
  story.say(verdict);
  return verdict;
}

/** Its warnings and errors, each once. */
function complaintsIn(log: readonly string[]): readonly string[] {
  const loud = log.flatMap((line) => {
    const level = levelOfLine(line);
    return level === 'warn' || level === 'error' ? [`${level}: ${messageOf(line)}`] : [];
  });
  return [...new Set(loud)];
}
