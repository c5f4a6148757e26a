// proxier/pass-problems.ts: PURE. What one pass found wrong with Services, in words.
import type { Snapshot } from '../model/snapshot.js';
import { usesScope } from '../model/traffic-scope.js';
import type { Claims } from './claims.js';
import type { ListenError } from './data-plane.js';
import type { OpenFailure } from './listener-set.js';
import type { CheckedEndpoints } from './refusals.js';
import type { ServiceProblem } from './status.js';

export function passProblems(
  snapshot: Snapshot,
  checked: CheckedEndpoints,
  failures: readonly OpenFailure[],
  claims: Pick<Claims, 'failures'>,
): readonly ServiceProblem[] {
  return [
    ...snapshot.problems.map(({ object, field, message }) => ({
      subject: object,
      message: `${field}: ${message}`,
    })),
    ...checked.problems,
    ...failures.flatMap((failure) => (failure.role === 'nodePort' ? [] : [openProblem(failure)])),
    ...[...claims.failures()].map(([subject, { port, error }]) => ({
      subject,
      message: claimProblem(port, error),
      kind: 'nodePort' as const,
    })),
  ];
}

/**
 * What the data plane can't do at all, it can't do the next time either; and a nodePort that is another process's is
 * asked for again in good time.
 */
export function isWorthRetrying({ role, error }: OpenFailure): boolean {
  return role !== 'nodePort' && error.reason !== 'not-supported';
}

function openProblem({ servicePort, role, error }: OpenFailure): ServiceProblem {
  const isOneOfTwo = usesScope(servicePort, 'Cluster') && usesScope(servicePort, 'Local');
  const what = isOneOfTwo
    ? `not fully served: no listener for its ${role} endpoints`
    : 'not served: no listener';
  return {
    subject: servicePort.key,
    message: `${what}: ${reasonOf(error)}`,
    kind: 'no-listener',
    notServed: {
      servicePortName: servicePort.name,
      ipFamily: servicePort.ipFamily,
      reason: error.reason,
    },
  };
}

function claimProblem(port: number, error: ListenError): string {
  return error.reason === 'port-in-use'
    ? `nodePort ${port} is not served on this node: another process listens on that port`
    : `nodePort ${port} is served, but another process may take the port: ${reasonOf(error)}`;
}

/** Without the port that was tried: it is another one each time, and the problem is the same. */
function reasonOf(error: ListenError): string {
  return error.reason === 'no-descriptors' ? 'no descriptor is left (ulimit -n)' : error.message;
}
