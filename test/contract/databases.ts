/** Everything that fulfils the ports of Postgres, as rows of the contract suites. A row that cannot run fails. */
import { z } from 'zod'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { fingerprint } from '../../src/adapters/postgres/sql.ts'
import { createDatabase, sharedPostgres } from '../support/postgres.ts'

export interface OpenedDatabase {
  database: Database
  /** Moves the database's clock, which otherwise runs as it does. */
  advance(seconds: number): void
  /** Statements that ran since the last call, with their parameters. */
  statements(): { text: string; params: readonly unknown[] }[]
  /** Runs a statement past the code under test. */
  sql<Row extends object>(text: string, params?: (string | number)[]): Promise<Row[]>
  close(): Promise<void>
}

export const rows: [name: string, open: () => Promise<OpenedDatabase>][] = [
  ['PGlite', () => openOn('pglite:', async () => {})],
  ['PostgreSQL', openPostgres],
]

/** ms for opening one: the first start of PGlite takes some seconds. */
export const OPEN_PATIENCE_MS = 60_000

/** A fresh database on a real server, with `poolMax` connections. */
export async function openPostgres(poolMax = 5): Promise<OpenedDatabase> {
  const server = await sharedPostgres()
  const { url, drop } = await createDatabase(server.url)
  return openOn(
    url,
    async () => {
      await drop()
      await server.stop()
    },
    poolMax,
  )
}

async function openOn(url: string, after: () => Promise<void>, poolMax = 5): Promise<OpenedDatabase> {
  let offsetMs = 0
  let seen: { text: string; params: readonly unknown[] }[] = []
  // A machine that runs all suites at once may take longer than the 2 s of production.
  const config = { url, poolMax, deadlineMs: 20_000 }
  const database = await openDatabase(
    config,
    () => offsetMs,
    (text, params) => seen.push({ text, params }),
  )
  await database.migrate()
  return {
    database,
    advance(seconds) {
      offsetMs += seconds * 1000
    },
    statements() {
      const all = seen
      seen = []
      return all
    },
    sql: async <Row extends object>(text: string, params: (string | number)[] = []) => {
      const named = numbered(text, params)
      return (await database.run({ ...named, row: z.custom<Row>() }, named.values)) as Row[]
    },
    async close() {
      await database.close()
      await after()
    },
  }
}

/** As a statement of the typed door, whose parameters have names. */
function numbered(text: string, params: (string | number)[]) {
  const parameters = params.map((_, index) => `p${index}`)
  const values = Object.fromEntries(params.map((value, index) => [`p${index}`, value]))
  return { name: `test-${fingerprint(text)}`, text, parameters, values }
}
