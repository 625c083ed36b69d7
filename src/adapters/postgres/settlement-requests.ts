import type { z } from 'zod'
import type { EventContext } from '../../domain/event.ts'
import type { ContactRef } from '../../domain/ids.ts'
import type { Proof } from '../../domain/step-up.ts'
import type { Requested, Settlement } from '../../ports/settlement.ts'
import { known, requestedRowSchema, snapshotFrom } from './contact-row.ts'
import type { Param } from './driver.ts'
import { eventParams } from './event-params.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const requestChallenge = loadStatement('request-challenge', requestedRowSchema)
const requestEnrollment = loadStatement('request-enrollment', requestedRowSchema)

/** Recording requests of codes; nothing is decided here that settling does not look at again. */
export function makeRequests(database: Database): Pick<Settlement, 'requestChallenge' | 'requestEnrollment'> {
  return {
    async requestChallenge(request, context) {
      const { type, challengeId, purpose, factorId, epoch } = request
      const rows = await database.run(requestChallenge, {
        ...event(request, type, context),
        details: JSON.stringify({ challengeId, purpose }),
        factor_id: factorId,
        epoch,
      })
      return requested(rows)
    },
    async requestEnrollment(request, context) {
      const { type, enrollmentId, organizationId, method, country, ticket, provedBy, epoch } = request
      const rows = await database.run(requestEnrollment, {
        ...event(request, type, context),
        details: JSON.stringify({ enrollmentId, method }),
        organization_id: organizationId,
        method,
        country,
        ticket,
        ...proofOf(provedBy),
        epoch,
      })
      return requested(rows)
    },
  }
}

/** What a step-up proved, for the statements that ask whether it still counts. */
export const proofOf = (proof: Proof | null): Record<string, Param> => ({
  proved_method: proof?.method ?? null,
  proved_epoch: proof?.epoch ?? null,
})

const event = ({ portalId, contactId }: ContactRef, type: string, context: EventContext): Record<string, Param> => ({
  portal_id: portalId,
  contact_id: contactId,
  type,
  ...eventParams(context),
})

function requested(rows: z.infer<typeof requestedRowSchema>[]): Requested {
  const row = known(rows)
  return { snapshot: snapshotFrom(row), recorded: row.recorded }
}
