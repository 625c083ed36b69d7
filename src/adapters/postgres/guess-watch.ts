import { z } from 'zod'
import { GUESSING_QUIET_SECONDS, GUESSING_WINDOW_SECONDS } from '../../domain/limits.ts'
import type { GuessWatch } from '../../ports/guess-watch.ts'
import { recordEvents } from './events.ts'
import type { Database } from './open-database.ts'
import { lockPortal } from './portals.ts'
import { loadStatement } from './sql.ts'

const countGuesses = loadStatement('count-guesses', z.object({ wrong: z.int(), all: z.int() }))
const guardPortal = loadStatement('guard-portal', z.object({ begun: z.boolean() }))

/** Counts in the audit trail, which has every settled guess, and no instance's share of them only. */
export function makePostgresGuessWatch(database: Database): GuessWatch {
  return {
    async count(portalId) {
      const [row] = await database.run(countGuesses, { portal_id: portalId, seconds: GUESSING_WINDOW_SECONDS })
      return row ?? { wrong: 0, all: 0 }
    },
    guard: (portalId, count, context) =>
      database.withTransaction(async door => {
        await door.run(lockPortal, { portal_id: portalId })
        const [row] = await door.run(guardPortal, { portal_id: portalId, seconds: GUESSING_QUIET_SECONDS })
        if (!row?.begun) return false
        const event = { type: 'guessing_suspected', contactId: null, organizationId: null } as const
        await recordEvents(door, portalId, [{ ...event, details: { ...count } }], context)
        return true
      }),
  }
}
