// test/iptables/inside.ts: iptables inside a namespace of the test's own, with a record of what was started, and a way
// to make a run fail.
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { IptablesTools, IptablesVariant } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import type { Exec, ExecOptions, ExecResult } from '../../lib/proxier/exec.js';

export const variants: readonly IptablesVariant[] = ['nft', 'legacy'];

export function toolsOf(variant: IptablesVariant): IptablesTools {
  return { variant, infix: `-${variant}` };
}

export interface RecordedExec {
  readonly exec: Exec;
  /** What was started since the last call, in order: `iptables-nft-save`, `ip6tables-legacy-restore -w 5 --noflush`. */
  taken(): readonly string[];
  /** From now on this answers instead when it does not return undefined; it may call the real thing. */
  intercept(answer: Interceptor | undefined): void;
}

export type Interceptor = (file: string, options: ExecOptions) => Promise<ExecResult> | undefined;

export function execInside(namespace: Namespace): RecordedExec {
  let runs: string[] = [];
  let interceptor: Interceptor | undefined;
  return {
    exec: (file, args, options = {}) => {
      runs.push([file, ...args].join(' '));
      return interceptor?.(file, options) ?? namespace.run([file, ...args], options);
    },
    taken: () => {
      const taken = runs;
      runs = [];
      return taken;
    },
    intercept: (answer) => {
      interceptor = answer;
    },
  };
}

/** Runs to success, or the test's setting is wrong. */
export async function run(namespace: Namespace, command: string, input?: string): Promise<string> {
  const result = await namespace.run(command.split(' '), input === undefined ? {} : { input });
  if (result.status !== 0) throw new Error(`${command}: ${result.stderr}`);
  return result.stdout;
}

export function programOf(variant: IptablesVariant, ipFamily: IpFamily): string {
  return `${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
}

/** iptables-save without dates and counters. */
export async function saved(
  namespace: Namespace,
  variant: IptablesVariant,
  ipFamily: IpFamily,
): Promise<string> {
  const text = await run(namespace, `${programOf(variant, ipFamily)}-save`);
  return text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]');
}

/** Rules of somebody else, in every hook that we use, with what is hard to quote. */
export function foreignRules(ipFamily: IpFamily): string {
  const address = ipFamily === 'IPv4' ? '198.51.100.1' : '2001:db8::1';
  return `*filter
:FIREWALL - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -m comment --comment "let \\"me\\" in" -j ACCEPT
-A INPUT -j FIREWALL
-A FIREWALL -p udp -m udp --dport 9 -j DROP
COMMIT
*nat
:DOCKER - [0:0]
:KUBE-NODEPORTS - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -d ${address} -j DOCKER
-A DOCKER -p tcp -m tcp --dport 8080 -j RETURN
COMMIT
`;
}

/** What kube-proxy's userspace mode leaves behind when it ends. */
export const oldKubeProxy = `*filter
:KUBE-NODEPORT-NON-LOCAL - [0:0]
-I INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL
-A KUBE-NODEPORT-NON-LOCAL -p tcp -m comment --comment "default/web:http" -m tcp --dport 40001 -m state --state NEW -j ACCEPT
COMMIT
*nat
:KUBE-NODEPORT-CONTAINER - [0:0]
:KUBE-NODEPORT-HOST - [0:0]
:KUBE-PORTALS-CONTAINER - [0:0]
-I PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER
-A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER
-A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j REDIRECT --to-ports 40001
COMMIT
`;
