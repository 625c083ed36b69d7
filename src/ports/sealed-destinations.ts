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
  /** At most `limit` of those sealed under this key, in the order of portal, contact and slot, after `after`. */
  page(kid: string, limit: number, after: SealedDestination | null): Promise<SealedDestination[]>
  /** How many they are, counted up to `max`: a count without an end fails where it is needed most. */
  count(kid: string, max: number, after: SealedDestination | null): Promise<number>
  /** False: it was replaced, removed or re-sealed meanwhile, and nothing was changed. */
  replace(destination: SealedDestination, sealed: string): Promise<boolean>
}
