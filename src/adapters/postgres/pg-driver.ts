import pg from 'pg'
import type { MfaError } from '../../domain/errors.ts'
import { type Driver, type Session, TIMESTAMPTZ } from './driver.ts'
import { DeadlineError, postgresFailure, sqlState } from './failure.ts'

/** ms for which the server lets a transaction idle: one whose client has died must not keep its locks. */
const IDLE_TRANSACTION_MS = 5000

/** Statement failures after which the session is as good as before: time-outs, deadlocks, data, constraints. */
const HARMLESS = /^(57014|55P03|40...|22...|23...)$/

/**
 * A pool of connections to PostgreSQL. Every call ends within `deadlineMs`, waiting for a connection included: the server's
 * own time-outs do not help against a network that swallows everything.
 */
export function openPg(url: string, poolMax: number, deadlineMs: number): Driver {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolMax,
    connectionTimeoutMillis: deadlineMs,
    statement_timeout: deadlineMs,
    lock_timeout: deadlineMs,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    application_name: 'portal-mfa',
    types,
  })
  // A connection that breaks, lent or idle, says so as an event; without a listener that would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))

  async function lend<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const deadline = startDeadline(deadlineMs)
    try {
      const client = await connected(pool.connect(), deadline)
      return await releasing(client, deadline, work)
    } finally {
      deadline.stop()
    }
  }

  async function lendPatiently<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: deadlineMs, keepAlive: true, types })
    client.on('error', () => {})
    try {
      await client.connect()
      return await work(sessionOf(client))
    } finally {
      await client.end().catch(() => {})
    }
  }

  /** A network that swallows everything must not keep the process from ending. */
  async function close(): Promise<void> {
    const deadline = startDeadline(deadlineMs)
    await deadline.bound(pool.end()).catch(() => {})
    deadline.stop()
  }

  return { lend, lendPatiently, close }
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' = 'text') =>
    oid === TIMESTAMPTZ
      ? (text: string) => text
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
}

const sessionOf = (client: pg.ClientBase): Session => ({
  async query({ text, params, name, asArrays }) {
    const config = { text, values: [...params], name }
    const { rows } = asArrays ? await client.query({ ...config, rowMode: 'array' }) : await client.query(config)
    return rows
  },
  async script(text) {
    await client.query(text)
  },
})

/** A client that comes after the deadline goes back to the pool unused. */
async function connected(connecting: Promise<pg.PoolClient>, deadline: Deadline): Promise<pg.PoolClient> {
  try {
    return await deadline.bound(connecting)
  } catch (error) {
    connecting.then(
      late => late.release(),
      () => {},
    )
    throw postgresFailure(error)
  }
}

/** Gives the client back when the work is over. One that may be broken is destroyed: a demoted server's session fails for ever. */
async function releasing<T>(
  client: pg.PoolClient,
  deadline: Deadline,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let broken = false
  const noted = (error: unknown): MfaError => {
    if (!HARMLESS.test(sqlState(error) ?? '')) broken = true
    return postgresFailure(error)
  }
  const session = sessionOf(client)
  const safe: Session = {
    query: query => session.query(query).catch(error => Promise.reject(noted(error))),
    script: text => session.script(text).catch(error => Promise.reject(noted(error))),
  }
  try {
    return await deadline.bound(work(safe))
  } catch (error) {
    throw error instanceof DeadlineError ? noted(error) : error
  } finally {
    client.release(broken)
  }
}

interface Deadline {
  /** Rejects with a DeadlineError when the time is over before the work is done. What has arrived while this process was busy is read first. */
  bound<T>(work: Promise<T>): Promise<T>
  stop(): void
}

function startDeadline(ms: number): Deadline {
  const { promise: late, reject } = Promise.withResolvers<never>()
  late.catch(() => {})
  const timer = setTimeout(() => setImmediate(() => reject(new DeadlineError())), ms)
  return { bound: work => Promise.race([work, late]), stop: () => clearTimeout(timer) }
}
