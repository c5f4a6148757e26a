// model/strong-components.ts: Tarjan's strongly connected components, for finding cycles among portals (self-loops.ts).
// Iterative: a chain of Services may be as long as there are Services, longer than a call stack.

interface Frame {
  readonly node: string;
  readonly targets: Iterator<string>;
}

/**
 * A number per node; two nodes have the same one if each can be reached from the other. `targets` maps a node to the
 * nodes it leads to; nodes without an entry lead nowhere. O(nodes + edges).
 */
export function strongComponents(
  targets: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const component = new Map<string, number>();
  const open: string[] = [];
  let components = 0;

  const enter = (node: string): Frame => {
    order.set(node, order.size);
    lowest.set(node, order.size - 1);
    open.push(node);
    return { node, targets: (targets.get(node) ?? []).values() };
  };
  const lower = (node: string, candidate: number | undefined): void => {
    if (candidate !== undefined && candidate < (lowest.get(node) ?? candidate)) lowest.set(node, candidate);
  };
  const leave = (node: string): void => {
    if (lowest.get(node) !== order.get(node)) return;
    let member: string | undefined;
    do {
      member = open.pop();
      if (member !== undefined) component.set(member, components);
    } while (member !== undefined && member !== node);
    components += 1;
  };

  for (const root of targets.keys()) {
    if (order.has(root)) continue;
    const frames = [enter(root)];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const step = frame.targets.next();
      if (step.done) {
        frames.pop();
        leave(frame.node);
        const parent = frames.at(-1);
        if (parent !== undefined) lower(parent.node, lowest.get(frame.node));
      } else if (!order.has(step.value)) {
        frames.push(enter(step.value));
      } else if (!component.has(step.value)) {
        lower(frame.node, order.get(step.value));
      }
    }
  }
  return component;
}
