import type { ContactRef, FactorId } from '../domain/ids.ts'

/** A factor's destination as it is stored. */
export interface SealedDestination extends ContactRef {
  slot: string
  factorId: FactorId
  sealed: string
}

/** The destinations of all portals, as far as their master keys go. Failures throw `unavailable`. */
export interface SealedDestinations {
  /** Ids of all master keys that something is sealed under. */
  keysInUse(): Promise<string[]>
  /** How many are sealed under these. */
  count(kids: string[]): Promise<number>
  /** At most `limit` of them, in the order of portal, contact and slot, after `after`. */
  page(kids: string[], limit: number, after: SealedDestination | null): Promise<SealedDestination[]>
  /** False: it was replaced, removed or re-sealed meanwhile, and nothing was changed. */
  replace(destination: SealedDestination, sealed: string): Promise<boolean>
}
