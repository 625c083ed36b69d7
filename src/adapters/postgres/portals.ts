import { z } from 'zod'
import type { EventContext, NewEvent } from '../../domain/event.ts'
import type { Portal } from '../../domain/settings.ts'
import type { Portals } from '../../ports/portals.ts'
import { databaseNow } from './database-clock.ts'
import { recordEvents } from './events.ts'
import type { Database } from './open-database.ts'
import { portalFrom, portalRowSchema, portalValues } from './portal-row.ts'
import { portals } from './schema.ts'
import { loadStatement } from './sql.ts'

const readPortal = loadStatement('read-portal', portalRowSchema)
const listPortals = loadStatement('list-portals', portalRowSchema)
const updatePortal = loadStatement('update-portal', portalRowSchema)
export const lockPortal = loadStatement('lock-portal', z.object({ locked: z.string() }))

/** The portals in Postgres. */
export function makePostgresPortals(database: Database): Portals {
  return {
    async create({ portalId, limits, settings }) {
      const now = databaseNow(database)
      const validFrom = { enabled: 0, methods: {}, countries: {} }
      const row = { portalId, ...portalValues({ settings, limits }), validFrom, createdAt: now, updatedAt: now }
      const created = await database.crud(drizzle =>
        drizzle.insert(portals).values(row).onConflictDoNothing().returning({ portalId: portals.portalId }),
      )
      return created.length > 0
    },
    async read(portalId) {
      const [row] = await database.run(readPortal, { portal_id: portalId })
      return row ? portalFrom(row) : null
    },
    async list(limit, after) {
      return (await database.run(listPortals, { after: after ?? '', limit })).map(portalFrom)
    },
    update: (next, updatedBy, events, context) => update(database, next, updatedBy, events, context),
  }
}

/** What judges by these settings is settled before they change, and nothing that is settled later reads the old ones. */
function update(
  database: Database,
  next: Portal,
  updatedBy: string | null,
  events: NewEvent[],
  context: EventContext,
): Promise<Portal | null> {
  const { portalId, suspended, epoch, validFrom, version } = next
  const { limits, enabled, methods, countries, settings } = portalValues(next)
  return database.withTransaction(async door => {
    await door.run(lockPortal, { portal_id: portalId })
    const [row] = await door.run(updatePortal, {
      portal_id: portalId,
      suspended,
      limits: JSON.stringify(limits),
      enabled,
      methods,
      countries,
      settings: JSON.stringify(settings),
      epoch,
      valid_from: JSON.stringify(validFrom),
      version,
      updated_by: updatedBy,
    })
    if (!row) return null
    await recordEvents(door, portalId, events, context)
    return portalFrom(row)
  })
}
