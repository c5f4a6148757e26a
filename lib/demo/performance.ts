// demo/performance.ts: the demo from its first scene to its last, and what came of it.
import type { Claim } from './claim.js';
import { endpointDies } from './scenes/dead-endpoint.js';
import { endpointIsReplaced, endpointsReturn, noEndpoints } from './scenes/endpoint-changes.js';
import { listenerAndRule } from './scenes/listener-and-rule.js';
import { tellWhereItIsLost } from './scenes/loss.js';
import { proxyRestarts } from './scenes/restart.js';
import type { Scene } from './scenes/scene.js';
import { sctpAsks } from './scenes/sctp.js';
import { nodeAsks, podAsks, udpAsks } from './scenes/steering.js';
import type { Story } from './story.js';
import type { Theatre } from './theatre.js';

export interface Programme {
  /** Played to their end; when a claim of theirs fails, what follows makes no sense. */
  readonly opening: readonly Scene[];
  readonly rest: readonly Scene[];
}

export const wholeProgramme: Programme = {
  opening: [listenerAndRule, podAsks, nodeAsks, udpAsks],
  rest: [sctpAsks, endpointDies, endpointIsReplaced, noEndpoints, endpointsReturn, proxyRestarts],
};

/** Resolves with true when all that was claimed has happened. */
export async function perform(
  theatre: Theatre,
  story: Story,
  { opening, rest }: Programme = wholeProgramme,
): Promise<boolean> {
  const claims: Claim[] = [];
  const play = async (scenes: readonly Scene[]): Promise<void> => {
    for (const scene of scenes) {
      const shown = await scene(theatre, story);
      for (const claim of shown) story.claim(claim);
      claims.push(...shown);
      await story.pause();
    }
  };
  const allHold = (): boolean => claims.every(({ holds }) => holds);

  await play(opening);
  const steered = allHold();
  const verdict = steered ? '' : await tellWhereItIsLost(theatre, story);
  if (steered) await play(rest);
  story.summary(claims);
  if (!steered) {
    story.say(verdict);
    story.say(`${rest.length} more scenes were left out: they need what failed.`);
  }
  return allHold();
}
