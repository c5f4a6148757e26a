// demo/scenes/scene.ts: what a scene is: it does something to the theatre, tells it, and returns what it claims to have
// shown. A claim is computed from what was seen, so it can fail.
import type { Claim } from '../claim.js';
import type { Story } from '../story.js';
import type { Theatre } from '../theatre.js';

export type Scene = (theatre: Theatre, story: Story) => Promise<readonly Claim[]>;
