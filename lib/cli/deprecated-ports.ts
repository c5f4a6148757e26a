// cli/deprecated-ports.ts: --healthz-port and --metrics-port, which kube-proxy deprecates and still takes. Pure.
import type { Notice } from './config/config-error.js';
import { withValue } from './config/field-path.js';
import type { KubeProxyConfiguration } from './config/schema.js';
import type { Flag } from './flag.js';
import { integer } from './value-kinds.js';

interface PortFlag extends Flag {
  /** The flag to be used in its place. */
  readonly instead: 'healthz-bind-address' | 'metrics-bind-address';
  readonly field: 'healthzBindAddress' | 'metricsBindAddress';
}

const kind = integer('port', 0, 65_535);
const meaning = (instead: string) =>
  `Deprecated: use --${instead}. The port of the same server. 0: no server.`;

export const deprecatedPortFlags: readonly PortFlag[] = [
  {
    name: 'healthz-port',
    kind,
    group: 'HTTP',
    instead: 'healthz-bind-address',
    field: 'healthzBindAddress',
    defaultMeaning: '10256',
    meaning: meaning('healthz-bind-address'),
  },
  {
    name: 'metrics-port',
    kind,
    group: 'HTTP',
    instead: 'metrics-bind-address',
    field: 'metricsBindAddress',
    defaultMeaning: '10249',
    meaning: meaning('metrics-bind-address'),
  },
];

/** The port counts where the address was not given as well; 0 counts always (kube-proxy's rule). */
export function withDeprecatedPorts(
  config: KubeProxyConfiguration,
  given: ReadonlyMap<Flag, unknown>,
): { readonly config: KubeProxyConfiguration; readonly notices: readonly Notice[] } {
  const names = new Set([...given.keys()].map((flag) => flag.name));
  const notices: Notice[] = [];
  let result = config;
  for (const flag of deprecatedPortFlags) {
    const port = given.get(flag);
    if (port === undefined) continue;
    const address = config[flag.field];
    const isHeeded = port === 0 || !names.has(flag.instead);
    if (isHeeded)
      result = withValue(result, flag.field, port === 0 ? '' : address.replace(/\d+$/, String(port)));
    const text = isHeeded ? 'deprecated' : `deprecated, and ignored beside --${flag.instead}`;
    notices.push({ about: `--${flag.name}`, text: `${text}: use --${flag.instead}` });
  }
  return { config: result, notices };
}
