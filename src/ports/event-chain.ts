import type { Anchor, ChainEntry } from '../domain/event-chain.ts'
import type { PortalId } from '../domain/ids.ts'
import type { Cut } from '../domain/retention-cut.ts'

/** Seals events behind the back of the requests that record them, and prunes them. Failures throw `unavailable`. */
export interface EventChain {
  /** Portals in which events may wait for their seal. */
  portalsToSeal(): Promise<PortalId[]>
  /**
   * Seals the next events of a portal, and returns how many it has dealt with, at most `max`; as many: there may be more.
   * Only events before which none can appear any more: those of transactions older than any that is running. Of instances
   * that do it at once, one does, and the others return 0.
   */
  seal(portalId: PortalId, max: number): Promise<number>
  /** Portals whose oldest sealed event is older than so many days. */
  portalsToPrune(retentionDays: number): Promise<PortalId[]>
  /**
   * Deletes events older than so many days (whole UTC days) with their seals, at most `max`, and returns how many: from the
   * old end of the chain only, up to the first that stays, is missing or is not sealed. A checkpoint keeps the hash at the cut.
   */
  prune(portalId: PortalId, retentionDays: number, max: number): Promise<number>
}

/** Where the chain of a portal begins and ends. */
export interface ChainEnds {
  /** The last cut by retention, or the start. */
  begin: Cut
  head: Anchor
}

/** Events that no seal covers, in one page of a portal's events. */
export interface UnsealedPage {
  /** The last event of the page; null: there are no more. */
  last: string | null
  /** Waiting for the next run. */
  waiting: number
  /** One that sealing has passed, so that somebody must have put it there. */
  inserted: string | null
}

/** The chain as it lies there, for whoever verifies it. Pages are of some hundred. Failures throw `unavailable`. */
export interface ChainReading {
  /** Portals after this one that have a chain or could have one. */
  portals(after: PortalId | null): Promise<PortalId[]>
  ends(portalId: PortalId): Promise<ChainEnds>
  entries(portalId: PortalId, afterSeq: number): Promise<ChainEntry[]>
  /** What is older than `notBeforeMs` waits for no seal: it would have had one. */
  unsealed(portalId: PortalId, after: string | null, notBeforeMs: number): Promise<UnsealedPage>
}
