export interface Housekeeping {
  /** Deletes settlements older than a day, of whatever portal, at most some thousand at a time. Returns how many. */
  prune(): Promise<number>
}
