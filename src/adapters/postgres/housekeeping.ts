import { z } from 'zod'
import type { Housekeeping } from '../../ports/housekeeping.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const pruneSettlements = loadStatement('prune-settlements', z.object({ pruned: z.int() }))

/** No challenge or enrollment lives longer than an hour and a bit; a day leaves room for whatever goes wrong. */
const KEPT_SECONDS = 86_400

/** What nobody asks for, in Postgres. Failures throw `unavailable`. */
export function makePostgresHousekeeping(database: Database): Housekeeping {
  return {
    async pruneSettlements() {
      const [row] = await database.run(pruneSettlements, { seconds: KEPT_SECONDS })
      return row?.pruned ?? 0
    },
  }
}
