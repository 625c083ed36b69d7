/** What has to go, though nobody asks for it. Failures throw `unavailable`. */
export interface Housekeeping {
  /** Deletes settlements older than a day, of whatever portal, at most some thousand at a time. Returns how many. */
  pruneSettlements(): Promise<number>
}
