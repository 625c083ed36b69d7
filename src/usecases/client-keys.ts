/** Public keys of API clients, polled, so that no request and no unknown client id has to ask the database for them. */
import { unavailable } from '../domain/errors.ts'
import { REVOCATION_MAX_AGE_SECONDS } from '../domain/limits.ts'
import type { SigningClient } from '../ports/api-clients.ts'
import type { Ports } from '../ports/ports.ts'

/** Seconds that consecutive reads overlap, for changes that were stamped before the last read and committed after it. */
const OVERLAP_SECONDS = 60

export interface ClientKeys {
  /** The client, if it has keys; null otherwise. Throws `unavailable` when what was read is too old to be believed. */
  of(clientId: string): SigningClient | null
  /** Whether {@link of} would answer. */
  current(): boolean
  /** Reads what has changed. Never rejects: when the database does not answer, what is known grows old. */
  refresh(): Promise<void>
}

export function makeClientKeys({ apiClients, clock }: Pick<Ports, 'apiClients' | 'clock'>): ClientKeys {
  const known = new Map<string, SigningClient>()
  let readAt: number | null = null
  /** One read at a time, so that an older one never overwrites a newer. */
  let running = Promise.resolve()
  const now = () => clock.now().getTime()
  const current = () => readAt !== null && now() - readAt <= REVOCATION_MAX_AGE_SECONDS * 1000

  async function read(): Promise<void> {
    const at = now()
    const within = readAt === null ? null : Math.ceil(Math.max(0, at - readAt) / 1000) + OVERLAP_SECONDS
    for (const client of await apiClients.signingClients(within)) {
      if (client.jwks.keys.length > 0) known.set(client.clientId, client)
      else known.delete(client.clientId)
    }
    readAt = at
  }

  return {
    current,
    of(clientId) {
      if (!current()) throw unavailable(new Error("what is known of clients' keys is too old"))
      return known.get(clientId) ?? null
    },
    refresh() {
      // `current` says how old it is.
      running = running.then(read).catch(() => {})
      return running
    },
  }
}
