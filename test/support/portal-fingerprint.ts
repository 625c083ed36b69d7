/** A hash of everything that the stores hold of one portal, to see that nothing of it was touched. */
import { createHash } from 'node:crypto'
import pg from 'pg'
import type { TestService } from './service.ts'

export interface PortalFingerprint {
  /** Rows and keys together, so that an empty one is noticed. */
  size: number
  hash: string
}

/** Of PostgreSQL every row with this `portal_id` (but the chain of its events, which grows by itself), of Redis every key whose name or value holds it, but for its remaining life. */
export async function portalFingerprint(service: TestService, portalId: string): Promise<PortalFingerprint> {
  const keys = ((await service.redis?.dump()) ?? []).filter(line => line.includes(portalId))
  const held = [...(await rowsOf(service.databaseUrl, portalId)), ...keys.map(line => line.replace(/ \d+ /, ' '))]
  return { size: held.length, hash: createHash('sha256').update(held.sort().join('\n')).digest('hex') }
}

async function rowsOf(databaseUrl: string, portalId: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query(
      `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'portal_id'
        AND table_name NOT IN ('event_seals', 'event_chains', 'event_checkpoints')`,
    )
    const held: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query(`SELECT t::text AS row FROM "${name}" t WHERE portal_id = $1`, [portalId])
      held.push(...rows.map(({ row }) => `${name} ${row}`))
    }
    return held
  } finally {
    await client.end()
  }
}
