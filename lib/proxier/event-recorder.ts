// proxier/event-recorder.ts: what is told to the people of a cluster where they look: on the object that it is about.
// Implemented in sources/kube/, since only a cluster keeps Events.

export interface EventObject {
  readonly kind: 'Node' | 'Service';
  /** '' for a Node. */
  readonly namespace: string;
  readonly name: string;
}

export interface ProxyEvent {
  readonly regarding: EventObject;
  readonly type: 'Normal' | 'Warning';
  /** One word, for machines; kube-proxy's where it has one. */
  readonly reason: string;
  /** What this program was about to do, one word. */
  readonly action: string;
  /** For people. */
  readonly note: string;
  /** It says the same on every node: one Event for all of them is enough. @default false */
  readonly clusterWide?: boolean;
}

export interface EventRecorder {
  /** Returns at once and never throws. The same event again counts up; too many about one object are left out. */
  record(event: ProxyEvent): void;
  /** Writes nothing more. Idempotent. */
  close(): Promise<void>;
}

/** Where there is no cluster to tell. */
export const silentRecorder: EventRecorder = { record: () => {}, close: async () => {} };
