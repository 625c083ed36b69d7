/** What every instance reads again and again of all portals' clients, so that no request has to. */
import type { Revocations, SigningClient } from '../../ports/api-clients.ts'
import { databaseNow } from './database-clock.ts'
import type { Door } from './door.ts'
import { and, eq, gt, isNotNull, isNull, or, sql } from './drizzle.ts'
import { apiClients, portals } from './schema.ts'

const secondsAgo = (door: Door, seconds: number) => sql`${databaseNow(door)} - ${seconds} * interval '1 second'`

/** Clients revoked or rotated at once within so many seconds, and every suspended portal. */
export async function revocations(door: Door, withinSeconds: number): Promise<Revocations> {
  const since = secondsAgo(door, withinSeconds)
  const { clientId, deadBelow, revokedAt, deadAt } = apiClients
  const dead = await door.crud(drizzle =>
    drizzle
      .select({ clientId, deadBelow, revokedAt })
      .from(apiClients)
      .where(or(gt(revokedAt, since), gt(deadAt, since))),
  )
  const suspended = await door.crud(drizzle =>
    drizzle.select({ portalId: portals.portalId }).from(portals).where(eq(portals.suspended, true)),
  )
  return {
    clients: new Map(dead.map(client => [client.clientId, client.revokedAt ? Infinity : client.deadBelow])),
    suspendedPortals: new Set(suspended.map(({ portalId }) => portalId)),
  }
}

/** Null: all that have keys; else those whose keys changed or that were revoked within so many seconds, these without keys. */
export async function signingClients(door: Door, withinSeconds: number | null): Promise<SigningClient[]> {
  const { portalId, clientId, roles, jwks, keysChangedAt, revokedAt } = apiClients
  const since = secondsAgo(door, withinSeconds ?? 0)
  const asked = withinSeconds === null ? isNull(revokedAt) : or(gt(keysChangedAt, since), gt(revokedAt, since))
  const found = await door.crud(drizzle =>
    drizzle
      .select({ clientId, portalId, roles, jwks, revokedAt })
      .from(apiClients)
      .where(and(isNotNull(keysChangedAt), asked)),
  )
  return found.map(({ revokedAt, ...client }) => (revokedAt ? { ...client, jwks: { keys: [] } } : client))
}
