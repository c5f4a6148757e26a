// demo/endpoints.ts: the endpoints' servers: one process each, in the pods' namespace, with a log of whom it answered.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { hostPort } from '../model/ip.js';
import type { Clock } from '../proxier/clock.js';
import { type LineReader, readLines } from './line-reader.js';
import type { Namespace } from './namespaces.js';
import type { ShownService } from './services.js';

/** What a server's own log says of one request. */
export interface LoggedAnswer {
  /** `10.244.0.11:8080` */
  readonly endpoint: string;
  /** `answered /7 to 10.244.0.1:53704` */
  readonly line: string;
}

export interface Endpoints {
  start(service: ShownService, ip: string): Promise<void>;
  /** SIGKILL: as a pod whose node is gone, it takes no leave. Resolves with its pid when it is gone. */
  kill(service: ShownService, ip: string): Promise<number>;
  /** Who says in its log to have answered this request; none or several if the log says so. Waits for none. */
  answersTo(id: string): readonly LoggedAnswer[];
}

const program = fileURLToPath(new URL('./echo-server.js', import.meta.url));
const startTimeoutMs = 10_000;

/**
 * The processes end with the namespace.
 * @param sctpProgram what serves SCTP. Arguments: a name, an address, a port; it says what echo-server.ts says
 */
export function createEndpoints(pods: Namespace, clock: Clock, sctpProgram: string): Endpoints {
  const servers = new Map<string, { readonly child: ChildProcess; readonly log: LineReader }>();
  return {
    async start(service, ip) {
      const { name, protocol, endpointPort } = service;
      const served = protocol === 'SCTP' ? [sctpProgram] : [program, protocol];
      const argv = [process.execPath, ...served, name, ip, String(endpointPort)];
      // A process group of its own: Ctrl-C is the demo's to answer.
      const child = pods.spawn(argv, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      const { stdout, stderr } = child;
      if (stdout === null || stderr === null) throw new Error(`start ${name} at ${ip}: no pipes`);
      const log = readLines(stdout, clock);
      const complaints = readLines(stderr, clock);
      const ready = await log.waitFor((line) => line.startsWith('ready '), startTimeoutMs);
      if (ready === undefined) throw new Error(`start ${name} at ${ip}: ${complaints.lines.join('; ')}`);
      servers.set(hostPort(ip, endpointPort), { child, log });
    },
    kill(service, ip) {
      const { child } = servers.get(hostPort(ip, service.endpointPort)) ?? {};
      if (child === undefined) return Promise.reject(new Error(`kill ${service.name} at ${ip}: not started`));
      return new Promise((resolve) => {
        child.once('exit', () => resolve(child.pid ?? 0));
        child.kill('SIGKILL');
      });
    },
    answersTo(id) {
      return [...servers].flatMap(([endpoint, { log }]) =>
        log.lines.filter((line) => line.startsWith(`answered ${id} to `)).map((line) => ({ endpoint, line })),
      );
    },
  };
}
