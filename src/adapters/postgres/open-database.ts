import { unavailable } from '../../domain/errors.ts'
import type { Dependency } from '../../ports/readiness.ts'
import { type Door, makeDoor, type OnStatement } from './door.ts'
import type { Driver, Session } from './driver.ts'
import { appliedOn, applyMigrations, knownMigrations } from './migrations.ts'
import { openPg } from './pg-driver.ts'
import { openPglite } from './pglite-driver.ts'

const DEADLINE_MS = 2000
const POOL_MAX = 10

export interface DatabaseConfig {
  /** `postgres://…`; `pglite:<folder>`, or `pglite:` for memory. */
  url: string
  /** Connections of this process; default 10. */
  poolMax?: number
  /** ms that one call (a whole transaction is one) may take; default 2000. PGlite, in this process, knows none. */
  deadlineMs?: number
}

export interface Database extends Door, Dependency {
  name: 'postgres'
  /**
   * Runs `work` in one transaction (read committed) and commits; when it throws, rolls back. Inside it only the given door
   * may be used. A failed commit throws `unavailable`: whether it happened is unknown.
   */
  withTransaction<T>(work: (door: Door) => Promise<T>): Promise<T>
  /** Resolves when the database answers and has every migration that this code knows; else `unavailable`. */
  ping(): Promise<void>
  /** Applies the migrations that are missing, and returns their names. Throws what {@link applyMigrations} throws. */
  migrate(): Promise<string[]>
  close(): Promise<void>
}

/** Opens a database. Works with a server that is down: calls fail until it is there. `clockOffsetMs` and `onStatement` are for tests. */
export async function openDatabase(
  config: DatabaseConfig,
  clockOffsetMs: () => number = () => 0,
  onStatement: OnStatement = () => {},
): Promise<Database> {
  const driver = await openDriver(config)
  const known = knownMigrations()
  const anySession: Session = {
    query: query => driver.lend(session => session.query(query)),
    script: text => driver.lend(session => session.script(text)),
  }
  const door = (session: Session): Door => makeDoor(session, clockOffsetMs, onStatement)

  return {
    name: 'postgres',
    ...door(anySession),
    withTransaction: work => driver.lend(session => inTransaction(session, () => work(door(session)))),
    async ping() {
      const applied = new Set((await appliedOn(anySession)).map(({ name }) => name))
      if (known.some(({ name }) => !applied.has(name))) throw unavailable(new Error('postgres: migrations are missing'))
    },
    migrate: () => applyMigrations(driver, known),
    close: driver.close,
  }
}

const PGLITE = 'pglite:'

const openDriver = async ({ url, poolMax = POOL_MAX, deadlineMs = DEADLINE_MS }: DatabaseConfig): Promise<Driver> =>
  url.startsWith(PGLITE) ? openPglite(url.slice(PGLITE.length)) : openPg(url, poolMax, deadlineMs)

/** Drizzle's own transactions leak the connection when BEGIN fails (L-29). */
async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.script('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    const result = await work()
    await session.script('COMMIT')
    return result
  } catch (error) {
    await session.script('ROLLBACK')
    throw error
  }
}
