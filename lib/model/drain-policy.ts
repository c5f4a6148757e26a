// model/drain-policy.ts: what becomes of established connections whose endpoint left.

/**
 * leave: they go on until one side ends them (as with kube-proxy). reset: they are cut `afterMs` milliseconds after the
 * endpoint left, 0 for at once.
 */
export type DrainPolicy = { readonly kind: 'leave' } | { readonly kind: 'reset'; readonly afterMs: number };
