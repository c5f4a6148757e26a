// bench/scale/proc-text.ts: PURE. Numbers out of the texts that the kernel, iptables-save and /metrics show.

/** `VmRSS:   12345 kB` of /proc/PID/status. */
export function kibibytesIn(status: string, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (value === undefined) throw new Error(`/proc/PID/status shows no ${field}`);
  return Number(value);
}

/** CPU ticks of /proc/PID/stat: user and system, own and of children that were waited for (proc(5), fields 14 to 17). */
export function ticksIn(stat: string): number {
  // The second field is the program's name, in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** Sum of a metric's samples, of all labels (Prometheus' text format). */
export function metricIn(exposition: string, name: string): number {
  const samples = exposition.matchAll(new RegExp(`^${name}(?:\\{[^\\n]*\\})? (\\S+)$`, 'gm'));
  const values = [...samples].map(([, value]) => Number(value));
  if (values.length === 0) throw new Error(`/metrics shows no ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}

export interface RuleCount {
  readonly rules: number;
  readonly chains: number;
}

/** What is ours in the output of iptables-save: rules in our chains and jumps into them. */
export function ourRules(saved: string): RuleCount {
  const lines = saved.split('\n');
  return {
    rules: lines.filter((line) => /^-A .*KUBE-(?:PORTALS|NODEPORT)-/.test(line)).length,
    chains: lines.filter((line) => /^:KUBE-(?:PORTALS|NODEPORT)-/.test(line)).length,
  };
}
