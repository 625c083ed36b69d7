import type { EventContext } from '../domain/event.ts'
import type { GuessCount } from '../domain/guessing.ts'
import type { PortalId } from '../domain/ids.ts'

/** Watches the guesses of a whole portal. Failures throw `unavailable`. */
export interface GuessWatch {
  /** What was settled within the last GUESSING_WINDOW_SECONDS, by all instances. */
  count(portalId: PortalId): Promise<GuessCount>
  /**
   * Guards the portal for GUESSING_QUIET_SECONDS from now: its new codes are longer. True: it was not guarded before, and
   * the event `guessing_suspected` (details: the count) was written with it.
   */
  guard(portalId: PortalId, count: GuessCount, context: EventContext): Promise<boolean>
}
