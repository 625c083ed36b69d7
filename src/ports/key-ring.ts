/** A key as the database keeps it: wrapped under the master key, opaque to the database. */
export interface WrappedKey {
  purpose: string
  generation: number
  wrapped: string
  createdAt: Date
}

/** Keys that are drawn once for all instances. Failures throw `unavailable`. */
export interface KeyRing {
  /** Stores this key unless the purpose has that generation; returns the one stored. Instances that start together agree. */
  ensure(purpose: string, generation: number, wrapped: string): Promise<WrappedKey>
  /** All generations, oldest first, and the database's now. */
  list(purpose: string): Promise<{ now: Date; keys: WrappedKey[] }>
  /** All keys of all purposes, and the database's now. */
  listAll(): Promise<{ now: Date; keys: WrappedKey[] }>
  /** Stores this key wrapped anew, if it still is as it was; false: it is not, and nothing was changed. */
  replace(purpose: string, generation: number, before: string, wrapped: string): Promise<boolean>
  /** Deletes generations up to and including this one. */
  forget(purpose: string, upToGeneration: number): Promise<void>
}
