import { z } from 'zod'
import { contactIdSchema, factorIdSchema, portalIdSchema } from '../../domain/ids.ts'
import type { SealedDestination, SealedDestinations } from '../../ports/sealed-destinations.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const sealedRow = z
  .object({
    portal_id: portalIdSchema,
    contact_id: contactIdSchema,
    slot: z.string(),
    factor_id: factorIdSchema,
    secret_sealed: z.string(),
  })
  .transform(row => ({
    portalId: row.portal_id,
    contactId: row.contact_id,
    slot: row.slot,
    factorId: row.factor_id,
    sealed: row.secret_sealed,
  }))

const keysInUse = loadStatement('keys-in-use', z.object({ kid: z.string() }))
const countSealed = loadStatement('count-sealed-under', z.object({ count: z.int() }))
const pageSealed = loadStatement('page-sealed-under', sealedRow)
const replaceSealed = loadStatement('replace-sealed', z.object({ factor_id: z.string() }))

/** Sealed destinations of all portals in Postgres. Failures throw `unavailable`. */
export const makePostgresSealedDestinations = (database: Database): SealedDestinations => ({
  async keysInUse() {
    return (await database.run(keysInUse, {})).map(({ kid }) => kid)
  },
  page: (kid, limit, after) => database.run(pageSealed, { kid, limit, ...position(after) }),
  async count(kid, max, after) {
    const [row] = await database.run(countSealed, { kid, limit: max, ...position(after) })
    return row?.count ?? 0
  },
  async replace({ portalId, contactId, slot, sealed: before }, sealed) {
    const changed = await database.run(replaceSealed, {
      portal_id: portalId,
      contact_id: contactId,
      slot,
      before,
      sealed,
    })
    return changed.length > 0
  },
})

const position = (after: SealedDestination | null) => ({
  after_portal_id: after?.portalId ?? '',
  after_contact_id: after?.contactId ?? '',
  after_slot: after?.slot ?? '',
})
