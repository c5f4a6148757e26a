// compose/status.ts: `kube-portal status`: what the running process serves, and by what, as a table.
import { AdminError, adminClient } from '../admin/client.js';
import type { StatusOptions } from '../cli/options.js';
import { statusText } from '../explain/status-text.js';
import { systemClock } from '../proxier/clock.js';

/** Exit status: 0, or 1 when no process answers. */
export async function status({ adminSocket, json }: StatusOptions): Promise<number> {
  const client = adminClient(adminSocket);
  try {
    const [facts, services] = await Promise.all([client.process(), client.services()]);
    const text = json
      ? `${JSON.stringify({ apiVersion: 'kube-portal/status/v1', process: facts, services }, undefined, 2)}\n`
      : statusText(facts, services, systemClock.now());
    process.stdout.write(text);
    return 0;
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    tellUnreachable(error);
    return 1;
  }
}

export function tellUnreachable({ reason, message }: AdminError): void {
  const next: Readonly<Record<AdminError['reason'], string>> = {
    absent:
      'Is it running here? In a cluster: kubectl exec into the pod on this node. --admin-socket names another path.',
    denied: 'Ask as the user that it runs as: sudo kube-portal ...',
    other: 'Is it busy, stopped, or of another version? See its log.',
  };
  process.stderr.write(`kube-portal: ${message}\n${next[reason]}\n`);
}
