/** Applies the files of migrations/, forward only. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Driver, Session } from './driver.ts'

const FOLDER = new URL('../../../migrations/', import.meta.url)

/** Key of the advisory lock that instances migrating at once queue on. */
const LOCK = 7_153_001

export interface Migration {
  name: string
  text: string
  checksum: string
}

/** The migrations this code knows, in their order. */
export function knownMigrations(): Migration[] {
  const files = readdirSync(FOLDER).filter(file => file.endsWith('.sql'))
  return files.sort().map(name => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8').replaceAll('\r\n', '\n')
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

const appliedSchema = z.array(z.object({ name: z.string(), checksum: z.string() }))

/**
 * Applies what is missing, each file in a transaction of its own, and returns the names of those. Safe when several
 * instances do it at once. Throws an Error that says what is wrong when an applied file was edited or is gone, when a new
 * one would come before an applied one, or when one fails.
 */
export function applyMigrations(driver: Driver, known: Migration[]): Promise<string[]> {
  return driver.lendPatiently(async session => {
    // Held on the very session that migrates; it ends with it (O-28).
    await session.script(`SELECT pg_advisory_lock(${LOCK})`)
    try {
      await session.script(
        'CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
      )
      const missing = known.slice(checkApplied(await appliedOn(session), known))
      for (const migration of missing) await apply(session, migration)
      const count = (await appliedOn(session)).length
      if (count !== known.length) throw new Error(`${count} migrations are applied, but there are ${known.length}`)
      return missing.map(({ name }) => name)
    } finally {
      await session.script(`SELECT pg_advisory_unlock(${LOCK})`).catch(() => {})
    }
  })
}

/** The applied migrations, by name. */
export async function appliedOn(session: Session): Promise<z.infer<typeof appliedSchema>> {
  const text = 'SELECT name, checksum FROM schema_migrations ORDER BY name COLLATE "C"'
  return appliedSchema.parse(await session.query({ name: 'applied-migrations', text, params: [] }))
}

/** How many of the known migrations are applied; they must be the first ones, unchanged. */
function checkApplied(applied: { name: string; checksum: string }[], known: Migration[]): number {
  for (const [index, { name, checksum }] of applied.entries()) {
    const expected = known[index]
    if (expected?.name !== name) {
      const gone = !known.some(migration => migration.name === name)
      throw new Error(
        gone
          ? `migration ${name} is applied, but its file is gone`
          : `migration ${expected?.name} comes before ${name}, which is applied`,
      )
    }
    if (expected.checksum !== checksum) throw new Error(`migration ${name} was edited after it had been applied`)
  }
  return applied.length
}

async function apply(session: Session, { name, text, checksum }: Migration): Promise<void> {
  try {
    await session.script('BEGIN')
    await session.script(text)
    const insert = 'INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)'
    await session.query({ name: 'note-migration', text: insert, params: [name, checksum] })
    await session.script('COMMIT')
  } catch (error) {
    await session.script('ROLLBACK').catch(() => {})
    throw new Error(`migration ${name} failed`, { cause: error })
  }
}
