/** Challenges and enrollments to try stores with: valid, random, and of a new contact each. */
import { randomBytes } from 'node:crypto'
import type { CodeBinding, CodeTarget } from '../../src/domain/code.ts'
import {
  type CodeId,
  challengeIdSchema,
  contactIdSchema,
  enrollmentIdSchema,
  factorIdSchema,
  ID_BYTES,
  idFrom,
  portalIdSchema,
} from '../../src/domain/ids.ts'
import type { NewCode, OpenCode } from '../../src/ports/code-store.ts'

const random = (): string => randomBytes(ID_BYTES).toString('base64url')

export const newChallengeId = (): CodeId => challengeIdSchema.parse(idFrom('chl', randomBytes(ID_BYTES)))
const newEnrollmentId = (): CodeId => enrollmentIdSchema.parse(idFrom('enr', randomBytes(ID_BYTES)))

export const newTarget = (): CodeTarget => ({
  factorId: factorIdSchema.parse(idFrom('fct', randomBytes(ID_BYTES))),
  method: 'sms',
  destinationMasked: '+1 •••• ••42',
})

/** A code with a digest of its own; 5 minutes. */
export const newCode = (target: CodeTarget, lifetimeMs = 300_000): NewCode => ({
  kid: 'k1',
  digest: random(),
  codeLength: 6,
  target,
  lifetimeMs,
})

/** A challenge of a new contact and login, pending as long as its newest code. */
export function newChallenge(lifetimeMs?: number): OpenCode {
  const binding: CodeBinding = {
    portalId: portalIdSchema.parse('acme'),
    contactId: contactIdSchema.parse(`c-${random()}`),
    codeId: newChallengeId(),
    purpose: 'login',
    loginDigest: random(),
    epoch: 3,
    ticket: random(),
    pendingFactor: null,
  }
  return { binding, code: newCode(newTarget(), lifetimeMs), sameness: 'same', pendingMs: null }
}

/** An enrollment of a new contact and login, pending for 10 minutes whatever its codes of `lifetimeMs` do. */
export function newEnrollment(lifetimeMs?: number): OpenCode {
  const challenge = newChallenge(lifetimeMs)
  const pendingFactor = {
    country: 'US',
    destinationSealed: random(),
    destinationIndex: random(),
    prefixIndex: null,
    provedBy: { method: 'sms' as const, epoch: 2 },
  }
  const binding: CodeBinding = { ...challenge.binding, codeId: newEnrollmentId(), purpose: 'enrollment', pendingFactor }
  return { ...challenge, binding, pendingMs: 600_000 }
}

/** Another start in the same login: a new id, and a code of its own. */
export const again = (opening: OpenCode, changes: Partial<OpenCode> = {}): OpenCode => ({
  ...opening,
  binding: { ...opening.binding, codeId: newChallengeId() },
  code: newCode(opening.code.target, opening.code.lifetimeMs),
  ...changes,
})
