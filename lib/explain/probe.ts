// explain/probe.ts: does somebody answer at an endpoint, asked from here: a TCP connection that is closed at once, an empty
// datagram. Nothing that an application would take for a request.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { EndpointAddress } from '../model/endpoint.js';
import { ipFamilyOf } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';

/**
 * answers: somebody is there; refuses: a reset, an ABORT or an ICMP port unreachable; unreachable: no way there; silent:
 * nothing within the time, which of UDP means nothing; unknown: it can't be asked from here.
 */
export type ProbeOutcome = 'answers' | 'refuses' | 'unreachable' | 'silent' | 'unknown';

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  /** Milliseconds, to the tenth. */
  readonly elapsedMs: number;
  /** What the system called it, where there is a word for it. */
  readonly error?: string;
}

/** Never rejects. */
export type Probe = (protocol: Protocol, endpoint: EndpointAddress) => Promise<ProbeResult>;

type Asked = Omit<ProbeResult, 'elapsedMs'>;

/** @param askSctp needs raw sockets */
export function createProbe(
  timeoutMs: number,
  askSctp: (endpoint: EndpointAddress, timeoutMs: number) => Promise<Asked>,
): Probe {
  return async (protocol, endpoint) => {
    const startedMs = performance.now();
    const asked = await ask(protocol, endpoint).catch(failed);
    return { ...asked, elapsedMs: Math.round((performance.now() - startedMs) * 10) / 10 };
  };

  function ask(protocol: Protocol, endpoint: EndpointAddress): Promise<Asked> {
    if (protocol === 'TCP') return askTcp(endpoint, timeoutMs);
    if (protocol === 'UDP') return askUdp(endpoint, timeoutMs);
    return askSctp(endpoint, timeoutMs);
  }
}

function askTcp({ ip, port }: EndpointAddress, timeoutMs: number): Promise<Asked> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port });
    const end = (asked: Asked): void => {
      socket.destroy();
      resolve(asked);
    };
    socket.setTimeout(timeoutMs, () => end({ outcome: 'silent' }));
    socket.once('connect', () => end({ outcome: 'answers' }));
    socket.once('error', (error) => end(failed(error)));
  });
}

function askUdp({ ip, port }: EndpointAddress, timeoutMs: number): Promise<Asked> {
  return new Promise((resolve) => {
    const socket = createSocket(ipFamilyOf(ip) === 'IPv6' ? 'udp6' : 'udp4');
    const end = (asked: Asked): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      // What a closing socket still has to say is nobody's concern.
      socket.on('error', () => {});
      socket.close();
      resolve(asked);
    };
    const timer = setTimeout(() => end({ outcome: 'silent' }), timeoutMs);
    socket.once('error', (error) => end(failed(error)));
    socket.once('message', () => end({ outcome: 'answers' }));
    // Connected: only then is an ICMP refusal told to the socket.
    socket.connect(port, ip, () => socket.send(Buffer.alloc(0), (error) => error && end(failed(error))));
  });
}

function failed(error: unknown): Asked {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return { outcome: 'refuses', error: code };
  if (code === 'ETIMEDOUT') return { outcome: 'silent', error: code };
  const unreachable = [
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EADDRNOTAVAIL',
    'EHOSTDOWN',
    'ENETDOWN',
    'EPERM',
    'EINVAL',
  ];
  return { outcome: unreachable.includes(code) ? 'unreachable' : 'unknown', error: code };
}
