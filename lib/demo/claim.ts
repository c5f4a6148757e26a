// demo/claim.ts: PURE. What a scene says it has shown.

export interface Claim {
  readonly text: string;
  /** What was seen, whether it supports the claim or not. */
  readonly evidence: string;
  readonly holds: boolean;
}
