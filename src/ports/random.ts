import type { ChallengeId, ClientId, EnrollmentId, EventId, FactorId } from '../domain/ids.ts'

/** Randomness, from a cryptographic source. */
export interface Random {
  enrollmentId(): EnrollmentId
  challengeId(): ChallengeId
  factorId(): FactorId
  eventId(): EventId
  clientId(): ClientId
  /** 256 bits, base64url. */
  secret(): string
  /** `length` decimal digits, each value alike probable, leading zeros kept. */
  code(length: number): string
}
