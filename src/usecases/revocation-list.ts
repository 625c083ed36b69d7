/** Revoked clients and suspended portals, polled, so that no request has to ask the database for them. */
import {
  ACCESS_TOKEN_SECONDS,
  CLOCK_TOLERANCE_SECONDS,
  REVOCATION_MAX_AGE_SECONDS,
  REVOCATION_POLL_SECONDS,
} from '../domain/limits.ts'
import type { Revocations } from '../ports/api-clients.ts'
import type { Ports } from '../ports/ports.ts'

/** Older revocations need not be known: the tokens of that time are dead by themselves. */
const WITHIN_SECONDS = ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS + 60

export interface RevocationList {
  /** What was read last; null when it is too old to be believed. */
  current(): Revocations | null
  /** Reads it again. Never rejects: when the database does not answer, the list grows old. */
  refresh(): Promise<void>
  /** Reads it again if it is due. A failed reading is due at once, so that an outage is over for us soon after it is over. */
  poll(): Promise<void>
}

export function makeRevocationList({ apiClients, clock }: Pick<Ports, 'apiClients' | 'clock'>): RevocationList {
  let read: { at: number; revocations: Revocations } | null = null
  const now = () => clock.now().getTime()
  const youngerThan = (seconds: number) => read !== null && now() - read.at < seconds * 1000

  async function refresh(): Promise<void> {
    const at = now()
    try {
      read = { at, revocations: await apiClients.revocations(WITHIN_SECONDS) }
    } catch {
      // `current` says how old the list is.
    }
  }

  return {
    current: () => (read && youngerThan(REVOCATION_MAX_AGE_SECONDS) ? read.revocations : null),
    refresh,
    poll: async () => {
      if (!youngerThan(REVOCATION_POLL_SECONDS)) await refresh()
    },
  }
}
