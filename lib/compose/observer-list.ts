// compose/observer-list.ts: several observers of one Proxier; some can be made only after it, since they ask it.
import type { ProxierObserver } from '../proxier/status.js';

export interface ObserverList extends ProxierObserver {
  add(observer: ProxierObserver): void;
}

export function observerList(...first: readonly ProxierObserver[]): ObserverList {
  const observers = [...first];
  return {
    add: (observer) => void observers.push(observer),
    syncFinished(report) {
      for (const observer of observers) observer.syncFinished(report);
    },
  };
}
