// compose/event-recorder.ts: where Events go: to the cluster that Services come from, and nowhere without one.
import type { SourceOption } from '../cli/options.js';
import type { Clock } from '../proxier/clock.js';
import { type EventObject, type EventRecorder, silentRecorder } from '../proxier/event-recorder.js';
import type { Log } from '../proxier/log.js';

/** Rejects as createSource() does. */
export async function openEventRecorder(
  option: SourceOption,
  parts: {
    readonly nodeName: string;
    readonly uidOf: (object: EventObject) => string | undefined;
    readonly log: Log;
    readonly clock: Clock;
  },
): Promise<EventRecorder> {
  if (option.kind === 'manifests') return silentRecorder;
  const { createEventRecorder } = await import('../sources/kube/event-recorder.js');
  return createEventRecorder({ ...parts, ...(option.kind === 'kubeconfig' && { kubeconfig: option.path }) });
}
