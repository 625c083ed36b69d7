export type Begun =
  | { outcome: 'started' }
  /** The first answer, sealed. */
  | { outcome: 'answered'; answer: string }
  | { outcome: 'running' }
  | { outcome: 'other_body' }

/** Remembers answers by key for a while; may lose them. Atomic; failures throw `unavailable`. */
export interface IdempotencyRecords {
  /** Takes the key for `leaseMs` unless it is taken or answered. `scope`: `portalId/digest`; `bodyDigest`: keyed hash of the body. */
  begin(scope: string, bodyDigest: string, leaseMs: number): Promise<Begun>
  /** Keeps the answer for `ttlMs`. */
  answer(scope: string, bodyDigest: string, answer: string, ttlMs: number): Promise<void>
  /** Lets the key go without an answer, so that the same call runs again. */
  release(scope: string): Promise<void>
}
