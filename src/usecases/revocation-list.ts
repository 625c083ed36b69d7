/** Revoked clients and suspended portals, polled, so that no request has to ask the database for them. */
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS, REVOCATION_MAX_AGE_SECONDS } from '../domain/limits.ts'
import type { Revocations } from '../ports/api-clients.ts'
import type { Ports } from '../ports/ports.ts'

/** Older revocations need not be known: the tokens of that time are dead by themselves. */
const WITHIN_SECONDS = ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS + 60

export interface RevocationList {
  /** What was read last; null when it is too old to be believed. */
  current(): Revocations | null
  /** Reads it again. False: the database does not answer, and the list grows old. Never rejects. */
  refresh(): Promise<boolean>
}

export function makeRevocationList({ apiClients, clock }: Pick<Ports, 'apiClients' | 'clock'>): RevocationList {
  let read: { at: number; revocations: Revocations } | null = null
  const now = () => clock.now().getTime()

  return {
    current: () => (read && now() - read.at <= REVOCATION_MAX_AGE_SECONDS * 1000 ? read.revocations : null),
    async refresh() {
      const at = now()
      try {
        read = { at, revocations: await apiClients.revocations(WITHIN_SECONDS) }
        return true
      } catch {
        return false
      }
    },
  }
}
