import { randomBytes, randomInt } from 'node:crypto'
import {
  type ChallengeId,
  type ClientId,
  type EnrollmentId,
  type EventId,
  type FactorId,
  ID_BYTES,
  idFrom,
} from '../../domain/ids.ts'
import type { Random } from '../../ports/random.ts'

const SECRET_BYTES = 32

/** Randomness of the operating system. */
export const random: Random = {
  enrollmentId: () => idFrom('enr', randomBytes(ID_BYTES)) as EnrollmentId,
  challengeId: () => idFrom('chl', randomBytes(ID_BYTES)) as ChallengeId,
  factorId: () => idFrom('fct', randomBytes(ID_BYTES)) as FactorId,
  eventId: () => idFrom('evt', randomBytes(ID_BYTES)) as EventId,
  clientId: () => idFrom('cli', randomBytes(ID_BYTES)) as ClientId,
  secret: () => randomBytes(SECRET_BYTES).toString('base64url'),
  code: length => String(randomInt(10 ** length)).padStart(length, '0'),
}
