/** All that a service has stored, row by row, and what one call has changed of it. */
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { TestService } from '../support/service.ts'

type Row = Record<string, unknown>
/** Table and primary key to the row; Redis keys count as rows of a table `redis`. */
export type Stored = Map<string, Row>

export interface Change {
  /** `contacts ~ failures`: a column changed; `events + challenge.failed`, `settlements +`: a row came; `factors -`: one went. */
  what: string
  portal: string | null
}

export interface Tables {
  read(): Promise<Stored>
  /** Empties every table but the service's own keys; and Redis. */
  clear(): Promise<void>
  close(): Promise<void>
}

type Sql = (text: string) => Promise<Row[]>

/** What loops change by themselves, and migrations. */
const NOT_OF_CALLS = ['keys', 'schema_migrations', 'event_seals', 'event_chains', 'event_checkpoints']
/** What outlives a sequence: without its keys the service could not go on. */
const KEPT = ['keys', 'schema_migrations']

/**
 * A database of PGlite lies in this process and nobody else can look into it, so this catches it while it is opened.
 * It is only read between calls, never within one.
 */
export async function catchPglite<T>(open: () => Promise<T>): Promise<{ opened: T; sql: Sql }> {
  const { create } = PGlite
  let caught: PGlite | undefined
  PGlite.create = (async (...given: unknown[]) => {
    caught = (await Reflect.apply(create, PGlite, given)) as PGlite
    return caught
  }) as typeof create
  try {
    const opened = await open()
    return { opened, sql: async text => ((await caught?.query(text))?.rows ?? []) as Row[] }
  } finally {
    PGlite.create = create
  }
}

export async function embeddedTables(sql: Sql): Promise<Tables> {
  return tablesOver(sql, null, async () => {})
}

export async function realTables({ databaseUrl, redis }: TestService): Promise<Tables> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => {})
  await client.connect()
  return tablesOver(
    async text => (await client.query(text)).rows,
    redis,
    () => client.end(),
  )
}

async function tablesOver(sql: Sql, redis: TestService['redis'], close: () => Promise<void>): Promise<Tables> {
  const keyed = await sql(`
    SELECT c.relname AS name, string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) AS key
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
     WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname`)
  const tables = keyed.filter(({ name }) => !NOT_OF_CALLS.includes(String(name)))
  const cleared = keyed.filter(({ name }) => !KEPT.includes(String(name)))
  if (tables.length < 5) throw new Error('the tables of the service were not found')
  const everyRow = tables
    .map(({ name, key }) => `SELECT concat_ws('|', '${name}', ${key}) AS key, to_jsonb(t) AS row FROM ${name} t`)
    .join(' UNION ALL ')
  return {
    async read() {
      const rows = await sql(everyRow)
      const stored: Stored = new Map(rows.map(({ key, row }) => [String(key), row as Row]))
      for (const line of (await redis?.dump()) ?? []) {
        const [, key = '', value = ''] = /^(\S+) \S+ (.*)$/s.exec(line) ?? []
        stored.set(`redis|${key}`, { value })
      }
      return stored
    },
    async clear() {
      // One statement: PGlite takes no more at once. Events are append-only but for retention, which says so to its session.
      const deletes = cleared.map(({ name }) => `d_${name} AS (DELETE FROM ${name})`)
      await sql("SELECT set_config('portal_mfa.retention', 'on', false)")
      await sql(`WITH ${deletes.join(', ')} SELECT 1`)
      await sql("SELECT set_config('portal_mfa.retention', 'off', false)")
      await redis?.flush()
    },
    close,
  }
}

export function changesBetween(before: Stored, after: Stored): Change[] {
  const changes: Change[] = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, young] = [before.get(key), after.get(key)]
    const portal = portalOf(key, old ?? young)
    for (const what of whatChanged(key, old, young)) changes.push({ what, portal })
  }
  return changes
}

function whatChanged(key: string, old: Row | undefined, young: Row | undefined): string[] {
  const [table = ''] = key.split('|')
  if (table === 'redis') return JSON.stringify(old) === JSON.stringify(young) ? [] : [`redis ~ ${kindOfKey(key)}`]
  const named = table === 'events' ? ` ${(young ?? old)?.type}` : ''
  if (!old) return [`${table} +${named}`]
  if (!young) return [`${table} -${named}`]
  return Object.keys(young)
    .filter(column => JSON.stringify(old[column]) !== JSON.stringify(young[column]))
    .map(column => `${table} ~ ${column}`)
}

/** Codes, requests under an Idempotency-Key, and whatever else there is: limits. */
function kindOfKey(key: string): string {
  if (key.startsWith('redis|{c/') && !/\/(sent|day)$/.test(key)) return 'code'
  return key.startsWith('redis|{i/') ? 'idempotency' : 'limit'
}

const portalOf = (key: string, row: Row | undefined): string | null =>
  key.startsWith('redis|') ? null : String(row?.portal_id ?? '') || null
