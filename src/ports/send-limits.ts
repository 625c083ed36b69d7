import type { LimitName, SendLimit } from '../domain/limits.ts'

export type Reserved =
  /** `used`: per limit key, how many sends it holds now, this one included (the first window's count). */
  | { granted: true; used: Record<string, number> }
  /** The narrowest (first in the list) limit that refused; whatever others had granted has been given back. */
  | { granted: false; refused: LimitName; retryAfterSeconds: number }

/**
 * Counts sends in sliding windows and UTC days by the store's clock; never above a limit, counting parallel calls. A loss
 * of data begins the windows anew. Failures throw `unavailable`; what was reserved by then is given back as far as possible.
 */
export interface SendLimits {
  /** Reserves one send under all limits, or under none. `sendId` is unique per send; the same again counts once (windows). */
  reserve(sendId: string, limits: readonly SendLimit[]): Promise<Reserved>
  /** Gives a reservation back. For sliding windows idempotent; for a UTC day call it once. */
  giveBack(sendId: string, limits: readonly SendLimit[]): Promise<void>
  /** Forgets all sends under these limits. */
  clear(limits: readonly SendLimit[]): Promise<void>
}
