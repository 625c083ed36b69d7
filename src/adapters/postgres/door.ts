import type { z } from 'zod'
import type { Param, Session } from './driver.ts'
import { DrizzleQueryError, type PgRemoteDatabase, throughProxy } from './drizzle.ts'
import { postgresFailure } from './failure.ts'
import { fingerprint, type Statement } from './sql.ts'

/** Sees every statement of an adapter with its parameters: for tests that look for what must not be there. */
export type OnStatement = (text: string, params: readonly Param[]) => void

/** The typed door to a database. All failures are `unavailable`, whose cause names a SQLSTATE or kind and nothing else. */
export interface Door {
  /** Runs one prepared statement; `:clock_offset_ms` is supplied. */
  run<Row>(statement: Statement<Row>, params: Record<string, Param>): Promise<Row[]>
  /** Runs what `build` makes with Drizzle, prepared as well. */
  crud<T>(build: (drizzle: PgRemoteDatabase) => PromiseLike<T>): Promise<T>
  /** ms that tests add to the database's clock. */
  clockOffsetMs(): number
}

/** A door on one session, or on whichever is free. */
export function makeDoor(session: Session, clockOffsetMs: () => number, onStatement: OnStatement): Door {
  async function run<Row>(
    { name, text, parameters, row }: Statement<Row>,
    given: Record<string, Param>,
  ): Promise<Row[]> {
    const values = { ...given, clock_offset_ms: clockOffsetMs() }
    const params = parameters.map(parameter => parameterValue(parameter, values, name))
    onStatement(text, params)
    return parsed(row, await session.query({ name, text, params }))
  }

  const drizzle = throughProxy(async (text: string, params: Param[]) => {
    onStatement(text, params)
    return { rows: await session.query({ name: `crud-${fingerprint(text)}`, text, params, asArrays: true }) }
  })

  async function crud<T>(build: (drizzle: PgRemoteDatabase) => PromiseLike<T>): Promise<T> {
    try {
      return await build(drizzle)
    } catch (error) {
      // Drizzle wraps what the session threw in an error that carries the statement and its parameters (L-30).
      throw error instanceof DrizzleQueryError ? postgresFailure(error.cause) : error
    }
  }

  return { run, crud, clockOffsetMs }
}

function parsed<Row>(row: z.ZodType<Row>, found: unknown[]): Row[] {
  try {
    return found.map(values => row.parse(values))
  } catch (error) {
    throw postgresFailure(error)
  }
}

function parameterValue(parameter: string, given: Record<string, Param>, statement: string): Param {
  const value = given[parameter]
  if (value === undefined) throw new TypeError(`${statement} lacks :${parameter}`)
  return value
}
