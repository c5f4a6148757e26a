// demo/frame.ts: what is told before the first scene and after the last one.
import type { Namespace } from './namespaces.js';
import { clientIp, serviceUrl, web } from './services.js';
import type { Story } from './story.js';

const map = [
  'pods                                    node                          gateway',
  '10.244.0.2            a client          10.244.0.1',
  '10.244.0.11 .12 .13   web      ───────  kube-portal runs here',
  '10.244.0.21 .22       clock             192.168.77.1  ──────────────  192.168.77.2',
  '10.244.0.31 .32       signal            default route ─────────────►  (ClusterIPs unknown here)',
];

export interface Prologue {
  readonly rootless: boolean;
  readonly withholdRules: boolean;
  readonly manifests: string;
}

export function tellPrologue(story: Story, { rootless, withholdRules, manifests }: Prologue): void {
  story.title('kube-portal demo: the way of a packet that is sent to a Service');
  const owner = rootless ? 'owned by an ordinary user' : 'made by root';
  story.say(
    `It plays in three network namespaces, ${owner}. The machine's own network is not touched. Lines with a $ are commands, followed by what they print, its columns squeezed together.`,
  );
  story.show(map);
  story.command('node', `kube-portal run --manifests ${manifests}`, [
    { text: '', note: 'web.yaml, clock.yaml and signal.yaml of examples/demo, copied' },
  ]);
  if (!withholdRules) return;
  story.say(
    '--break rules: in the PATH of this kube-portal, iptables-restore is a stand-in that takes the rules, throws them away and reports success.',
  );
}

/** How to go on by oneself, while it all runs. */
export function tellHowToGoOn(
  story: Story,
  {
    node,
    pods,
    manifests,
  }: { readonly node: Namespace; readonly pods: Namespace; readonly manifests: string },
): void {
  story.title('\nStill running, until Ctrl-C. In another terminal:');
  const ask = ['curl', `${serviceUrl(web)}/`];
  // Neither wrapped nor indented: made to be copied.
  story.verbatim([
    `# as the pod ${clientIp}`,
    pods.command(ask).join(' '),
    '# as the node',
    node.command(ask).join(' '),
    '# a shell on the node, for iptables-save, conntrack -L, ss -ltunp',
    node.command(['sh']).join(' '),
    '# what to edit: a change is in force within 2 seconds',
    manifests,
  ]);
}

export function tellEnd(story: Story, allHold: boolean, elapsedMs: number): void {
  const took = `${(elapsedMs / 1000).toFixed(0)} s`;
  story.title(allHold ? `\nAll of it happened (${took}).` : `\nNot all of it happened (${took}).`);
}
