/** The service's own keys while its master key changes. Failures throw `unavailable`. */
export interface KeyRotation {
  /** Id of the master key that seals now. */
  currentKid: string
  /** Whether it is the one that the last started instance has: while instances are restarted one after another they differ. */
  isNewest(): Promise<boolean>
  /** Wraps every stored key under the current master key; how many are still under another, since theirs is not at hand. */
  rewrapKeys(): Promise<number>
  /** Whether something that lives a day at most (answers, codes, pending enrollments, tokens) may still need an older master key. */
  shortLivedLeft(): Promise<boolean>
}
