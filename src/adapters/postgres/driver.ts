/** What a value of a statement may be. JSON goes as text that the caller has made. */
export type Param = string | number | boolean | null | string[]

/** A statement as it is sent. */
interface Query {
  text: string
  params: readonly Param[]
  /** Of the prepared statement; another text needs another name. */
  name: string
  /** Rows as arrays instead of objects. */
  asArrays?: boolean
}

/** One session of a database. Instants come back as text, with all their digits. */
export interface Session {
  query(query: Query): Promise<unknown[]>
  /** Runs statements without parameters, separated by semicolons. */
  script(text: string): Promise<void>
}

/** PostgreSQL or PGlite. */
export interface Driver {
  /**
   * Lends one session for the time of `work`, which the deadline bounds; a session that may be broken is not used again.
   * Failures of the database are `unavailable`; what else `work` throws passes.
   */
  lend<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** A session of its own without a deadline, whose errors are the driver's: for migrations. */
  lendPatiently<T>(work: (session: Session) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** OID of timestamptz: left as text, since a Date drops microseconds. */
export const TIMESTAMPTZ = 1184
