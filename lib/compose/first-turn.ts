// compose/first-turn.ts: with which endpoint this node begins the rotation of a Service. Each node of a cluster begins with
// another one: they all know the endpoints in the same order, and a node may make few connections.
import { createHash } from 'node:crypto';
import type { SourceOption } from '../cli/options.js';

/** A whole number, see BalancerOptions. With manifests there is this node alone, and the first endpoint is the first. */
export function firstTurn({ kind }: SourceOption, nodeName: string): number {
  return kind === 'manifests' ? 0 : createHash('sha256').update(nodeName).digest().readUInt32LE();
}
