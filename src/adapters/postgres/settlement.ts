import { z } from 'zod'
import type { EventContext } from '../../domain/event.ts'
import { organizationIdSchema } from '../../domain/ids.ts'
import {
  ATTEMPTS_MAX,
  FACTOR_FAILURES_MAX,
  FACTOR_WINDOW_FAILURES_MAX,
  FAILURE_WINDOW_DAYS,
  FAILURES_PER_LOCK,
  LOCK_SECONDS,
} from '../../domain/limits.ts'
import type { Comparison, Settlement, Verdict } from '../../ports/settlement.ts'
import type { Param } from './driver.ts'
import { eventParams } from './event-params.ts'
import type { Database } from './open-database.ts'
import { instantSchema } from './portal-row.ts'
import { makeRequests, proofOf } from './settlement-requests.ts'
import { loadStatement } from './sql.ts'

const whose = { organization_id: organizationIdSchema }

const verdictSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('verified'), ...whose, ticket: z.string(), epoch: z.int(), at: instantSchema }),
  z.object({ outcome: z.literal('incorrect'), attempts_left: z.int() }),
  z.object({ outcome: z.literal('locked'), retry_after_seconds: z.int() }),
  z.object({
    outcome: z.enum([
      'disabled',
      'already_used',
      'exhausted',
      'cancelled',
      'mfa_disabled',
      'method_not_allowed',
      'step_up_required',
    ]),
  }),
])

const settleChallenge = loadStatement('settle-challenge', verdictSchema)
const settleEnrollment = loadStatement('settle-enrollment', verdictSchema)

/** The arbiter in Postgres: one statement per comparison. */
export function makePostgresSettlement(database: Database): Settlement {
  return {
    ...makeRequests(database),
    async settleChallenge(comparison, context) {
      const { binding, target } = comparison
      const { codeId, purpose } = binding
      const rows = await database.run(settleChallenge, {
        ...charge(comparison, context),
        details: JSON.stringify({ challengeId: codeId, factorId: target.factorId, method: target.method, purpose }),
        disable_event_id: context.newEventId(),
        factor_failures_max: FACTOR_FAILURES_MAX,
        window_failures_max: FACTOR_WINDOW_FAILURES_MAX,
        window_seconds: FAILURE_WINDOW_DAYS * 86_400,
      })
      return verdictOf(rows)
    },
    async settleEnrollment(comparison, context) {
      const { binding, target } = comparison
      const { codeId, pendingFactor } = binding
      if (!pendingFactor) throw new TypeError('an enrollment has a pending factor')
      const rows = await database.run(settleEnrollment, {
        ...charge(comparison, context),
        details: JSON.stringify({ enrollmentId: codeId, factorId: target.factorId, method: target.method }),
        ticket: binding.ticket,
        ...proofOf(pendingFactor.provedBy),
        country: pendingFactor.country,
        secret_sealed: pendingFactor.destinationSealed,
        destination_masked: target.destinationMasked,
      })
      return verdictOf(rows)
    },
  }
}

/** What both statements are given. */
const charge = ({ binding, target, right, attemptId }: Comparison, context: EventContext): Record<string, Param> => ({
  portal_id: binding.portalId,
  contact_id: binding.contactId,
  code_id: binding.codeId,
  epoch: binding.epoch,
  factor_id: target.factorId,
  method: target.method,
  right,
  attempt_id: attemptId,
  ...eventParams(context),
  lock_event_id: context.newEventId(),
  attempts_max: ATTEMPTS_MAX,
  failures_per_lock: FAILURES_PER_LOCK,
  lock_seconds: LOCK_SECONDS,
})

/** No row: the contact is gone. */
function verdictOf([row]: z.infer<typeof verdictSchema>[]): Verdict {
  if (!row) return { outcome: 'cancelled' }
  switch (row.outcome) {
    case 'verified': {
      const { outcome, organization_id, ticket, epoch, at } = row
      return { outcome, organizationId: organization_id, ticket, epoch, at }
    }
    case 'incorrect':
      return { outcome: 'incorrect', attemptsLeft: row.attempts_left }
    case 'locked':
      return { outcome: 'locked', retryAfterSeconds: row.retry_after_seconds }
    default:
      return { outcome: row.outcome }
  }
}
