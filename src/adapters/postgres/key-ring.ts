import { z } from 'zod'
import { unavailable } from '../../domain/errors.ts'
import type { KeyRing } from '../../ports/key-ring.ts'
import { databaseNow } from './database-clock.ts'
import { and, asc, eq, lte, type SQL } from './drizzle.ts'
import type { Database } from './open-database.ts'
import { instantSchema } from './portal-row.ts'
import { keys } from './schema.ts'
import { loadStatement } from './sql.ts'

const clock = loadStatement('clock', z.object({ now: instantSchema }))

/** Wrapped keys in Postgres. */
export function makePostgresKeyRing(database: Database): KeyRing {
  const now = () => databaseNow(database)

  async function listed(which: SQL | undefined) {
    const found = await database.crud(drizzle =>
      drizzle.select().from(keys).where(which).orderBy(asc(keys.purpose), asc(keys.generation)),
    )
    const [read] = await database.run(clock, {})
    if (!read) throw unavailable(new Error('postgres: no clock'))
    return { now: read.now, keys: found }
  }

  return {
    async ensure(purpose, generation, wrapped) {
      const row = { purpose, generation, wrapped, createdAt: now() }
      await database.crud(drizzle => drizzle.insert(keys).values(row).onConflictDoNothing())
      // Read by a second statement: the first one's snapshot may lack what another instance has just stored.
      const [stored] = await database.crud(drizzle =>
        drizzle
          .select()
          .from(keys)
          .where(and(eq(keys.purpose, purpose), eq(keys.generation, generation))),
      )
      if (!stored) throw unavailable(new Error('postgres: the key was forgotten at once'))
      return stored
    },
    list: purpose => listed(eq(keys.purpose, purpose)),
    listAll: () => listed(undefined),
    async replace(purpose, generation, before, wrapped) {
      const replaced = await database.crud(drizzle =>
        drizzle
          .update(keys)
          .set({ wrapped })
          .where(and(eq(keys.purpose, purpose), eq(keys.generation, generation), eq(keys.wrapped, before)))
          .returning({ purpose: keys.purpose }),
      )
      return replaced.length > 0
    },
    async forget(purpose, upToGeneration) {
      await database.crud(drizzle =>
        drizzle.delete(keys).where(and(eq(keys.purpose, purpose), lte(keys.generation, upToGeneration))),
      )
    },
  }
}
