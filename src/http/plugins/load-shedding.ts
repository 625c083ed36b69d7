/** What can wait is refused first, so that a contact who has the code in hand still gets in: verify is shed last. */
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { unavailable } from '../../domain/errors.ts'
import type { OperationId } from '../schemas/declared-errors.ts'

/** How many times the limit an operation bears; those not named, the overviews and changes of admins, bear it once. */
const patience: Partial<Record<OperationId, number>> = {
  startEnrollment: 2,
  resendEnrollment: 2,
  startChallenge: 2,
  resendChallenge: 2,
  readEnrollment: 2,
  readChallenge: 2,
  skipEnrollment: 2,
  enableMfa: 2,
  decideLogin: 3,
  issueToken: 3,
  jwks: 3,
  confirmEnrollment: 4,
  verifyChallenge: 4,
}

/** Whether an operation is refused while the event loop is late by so many ms. */
export const isShed = (operationId: OperationId, delayMs: number, delayMaxMs: number): boolean =>
  delayMs > delayMaxMs * (patience[operationId] ?? 1)

/** `delayMaxMs`: mean delay of the event loop within a second. What is no operation, probes and metrics above all, is never refused. */
export async function loadShedding(app: FastifyInstance, delayMaxMs: number): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: delayMaxMs,
    pressureHandler: async (request, _reply, _type, delayMs = 0) => {
      const { operationId } = request.routeOptions.config
      if (operationId && isShed(operationId, delayMs, delayMaxMs))
        throw unavailable(new Error('shed: the event loop is late'))
    },
  })
}
