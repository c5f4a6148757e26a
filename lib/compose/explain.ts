// compose/explain.ts: `kube-portal explain`: asks the running process, or reads manifests, looks at the kernel's rules, the
// open ports and the endpoints, and says what becomes of a Service's clients.
import { networkInterfaces } from 'node:os';
import { AdminError, adminClient } from '../admin/client.js';
import type { ExplainOptions } from '../cli/options.js';
import { askedPorts, type Looks, type ProcessState, type Question, walk } from '../explain/explanation.js';
import { renderExplanation } from '../explain/render.js';
import { type Sender, senderOf } from '../explain/sender.js';
import { parseServiceReference, type ServiceReference } from '../explain/service-reference.js';
import { verdictOf } from '../explain/verdict.js';
import type { ProcessFacts } from '../proxier/process-facts.js';
import type { DetectLocal } from '../proxier/rule-applier.js';
import type { ServiceDetail } from '../proxier/service-detail.js';
import { networkNamespace } from './admin.js';
import { lookAround } from './explain-looks.js';
import { detailFromManifests } from './explain-manifests.js';
import { tellUnreachable } from './status.js';

/** Exit status: 0 served, 1 not served (or nobody to ask), 2 the question was not understood. */
export async function explain(options: ExplainOptions): Promise<number> {
  const reference = parseServiceReference(options.service, options.namespace);
  if (typeof reference === 'string') return usageError(reference);
  try {
    const answer =
      options.manifests.length > 0
        ? await ofManifests(options, reference)
        : await ofProcess(options, reference);
    return typeof answer === 'string' ? usageError(answer) : answer;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    tellUnreachable(error);
    process.stderr.write(
      'Without a process: kube-portal explain --manifests <path> says what would be done.\n',
    );
    return 1;
  }
}

async function ofManifests(options: ExplainOptions, reference: ServiceReference): Promise<number | string> {
  const from = whoFrom(options, { kind: 'none' });
  if (from === undefined) return wrongFrom(options);
  const { detail, warnings } = await detailFromManifests(options, reference);
  const unknown = [
    "the kernel's rules, open ports, endpoints: no process is asked (--manifests)",
    ...warnings,
  ];
  const looks: Looks = { liveRules: undefined, openPorts: undefined, probes: new Map(), unknown };
  const process: ProcessState | undefined =
    warnings.length === 0 ? undefined : { inSync: true, sourceFailure: warnings.join('; ') };
  const question = { ...questionOf(reference, from), against: 'manifests' as const };
  return tell(options, { ...question, ...(process !== undefined && { process }) }, detail, looks);
}

async function ofProcess(options: ExplainOptions, reference: ServiceReference): Promise<number | string> {
  const client = adminClient(options.adminSocket);
  const [facts, detail] = await Promise.all([
    client.process(),
    client.service(reference.namespace, reference.name),
  ]);
  const from = whoFrom(options, facts.detectLocal);
  if (from === undefined) return wrongFrom(options);
  const here = networkNamespace();
  const isElsewhere = facts.networkNamespace !== '' && here !== '' && facts.networkNamespace !== here;
  const looks: Looks = isElsewhere
    ? {
        liveRules: undefined,
        openPorts: undefined,
        probes: new Map(),
        unknown: [
          `the kernel's rules, open ports, endpoints: the process is in another network namespace (nsenter -t ${facts.pid} -n kube-portal explain ...)`,
        ],
      }
    : await lookAround(askedPorts(detail.servicePorts, reference.port), options.probe, facts.iptablesVariant);
  const question: Question = {
    ...questionOf(reference, from),
    detectLocal: facts.detectLocal,
    nodePortAddresses: facts.nodePortAddresses,
    process: stateOf(facts),
    against: 'process',
  };
  return tell(options, question, detail, {
    ...looks,
    unknown: [...looks.unknown, ...doubtsOf(question.process)],
  });
}

function stateOf({ sync, source, sourceHealth }: ProcessFacts): ProcessState {
  if (sourceHealth.state !== 'failing') return { inSync: sync.healthy };
  return { inSync: sync.healthy, sourceFailure: `${source}: ${sourceHealth.message}` };
}

function doubtsOf({ inSync, sourceFailure }: ProcessState = { inSync: true }): readonly string[] {
  return [
    ...(inSync ? [] : ['what changed since the last sync: the process is NOT IN SYNC, see its log']),
    ...(sourceFailure === undefined ? [] : [`what can not be read: ${sourceFailure}`]),
  ];
}

function tell(options: ExplainOptions, question: Question, detail: ServiceDetail, looks: Looks): number {
  const walked = walk(question, detail, looks);
  const explanation = { apiVersion: 'kube-portal/explain/v1' as const, ...walked, ...verdictOf(walked) };
  process.stdout.write(
    options.json ? `${JSON.stringify(explanation, undefined, 2)}\n` : renderExplanation(explanation),
  );
  return explanation.served ? 0 : 1;
}

function questionOf({ namespace, name, port }: ServiceReference, from: Sender) {
  const asked = `${namespace}/${name}${port === undefined ? '' : `:${port}`}`;
  const detectLocal: DetectLocal = { kind: 'none' };
  return { asked, port, from, detectLocal, nodePortAddresses: 'all' as const };
}

function whoFrom({ from }: ExplainOptions, detectLocal: DetectLocal): Sender | undefined {
  const local = Object.values(networkInterfaces()).flatMap(
    (infos) => infos?.map(({ address }) => address) ?? [],
  );
  return senderOf(from, detectLocal, new Set(local));
}

function wrongFrom({ from }: ExplainOptions): string {
  return `--from: '${from}' is neither an IP address nor external`;
}

function usageError(message: string): number {
  process.stderr.write(`kube-portal: ${message}\nSee kube-portal explain --help.\n`);
  return 2;
}
