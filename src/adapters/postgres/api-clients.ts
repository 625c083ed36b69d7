import { type ClientJwks, thumbprint } from '../../domain/client-key.ts'
import { MfaError } from '../../domain/errors.ts'
import type { EventType } from '../../domain/event.ts'
import type { ClientId, PortalId } from '../../domain/ids.ts'
import type { ApiClient, ApiClients } from '../../ports/api-clients.ts'
import { revocations, signingClients } from './client-polls.ts'
import { databaseNow } from './database-clock.ts'
import type { Door } from './door.ts'
import { and, asc, eq, isNull, sql } from './drizzle.ts'
import { recordEvents } from './events.ts'
import type { Database } from './open-database.ts'
import { apiClients, portals } from './schema.ts'

const columns = {
  portalId: apiClients.portalId,
  clientId: apiClients.clientId,
  name: apiClients.name,
  roles: apiClients.roles,
  jwks: apiClients.jwks,
  createdAt: apiClients.createdAt,
  rotatedAt: apiClients.rotatedAt,
  revokedAt: apiClients.revokedAt,
}

/** The API clients of portals in Postgres. */
export function makePostgresApiClients(database: Database): ApiClients {
  return {
    create: ({ portalId, clientId, name, roles, secretHash, jwks }, context) =>
      database.withTransaction(async door => {
        await mustExist(door, portalId)
        const now = databaseNow(door)
        const keys = jwks ? { jwks, keysChangedAt: now } : {}
        const row = { portalId, clientId, name, roles, secretHash, createdAt: now, ...keys }
        const [created] = await door.crud(drizzle => drizzle.insert(apiClients).values(row).returning(columns))
        const events = [clientEvent('client.created', { clientId, name, roles })]
        await recordEvents(door, portalId, jwks ? [...events, keysChanged(clientId, jwks)] : events, context)
        return created as ApiClient
      }),

    async list(portalId, limit, after) {
      const clients = await database.crud(drizzle =>
        drizzle
          .select(columns)
          .from(apiClients)
          .where(and(eq(apiClients.portalId, portalId), after === null ? undefined : madeAfter(portalId, after)))
          .orderBy(asc(apiClients.createdAt), asc(apiClients.clientId))
          .limit(limit),
      )
      if (clients.length === 0) await mustExist(database, portalId)
      return clients
    },

    rotate: (portalId, clientId, secretHash, retireAfterSeconds, context) =>
      database.withTransaction(async door => {
        const [rotated] = await door.crud(drizzle =>
          drizzle
            .update(apiClients)
            .set({ secretHash, ...next(door, retireAfterSeconds) })
            .where(alive(portalId, clientId))
            .returning(columns),
        )
        if (!rotated) return missing(door, portalId, null)
        const details = { clientId, retireAfterSeconds }
        await recordEvents(door, portalId, [clientEvent('client.rotated', details)], context)
        return rotated
      }),

    revoke: (portalId, clientId, context) =>
      database.withTransaction(async door => {
        const revoked = await door.crud(drizzle =>
          drizzle
            .update(apiClients)
            .set({ revokedAt: databaseNow(door), previousHash: null, previousUntil: null })
            .where(alive(portalId, clientId))
            .returning({ clientId: apiClients.clientId }),
        )
        if (revoked.length === 0) return missing(door, portalId, false)
        await recordEvents(door, portalId, [clientEvent('client.revoked', { clientId })], context)
        return true
      }),

    replaceKeys: (portalId, clientId, jwks, context) =>
      database.withTransaction(async door => {
        const [changed] = await door.crud(drizzle =>
          drizzle
            .update(apiClients)
            .set({ jwks, keysChangedAt: databaseNow(door) })
            .where(alive(portalId, clientId))
            .returning(columns),
        )
        if (!changed) return missing(door, portalId, null)
        await recordEvents(door, portalId, [keysChanged(clientId, jwks)], context)
        return changed
      }),

    async find(clientId) {
      const [found] = await database.crud(drizzle =>
        drizzle
          .select({
            ...columns,
            portalSuspended: portals.suspended,
            secretHash: apiClients.secretHash,
            generation: apiClients.generation,
            previousSecretHash: sql<
              string | null
            >`CASE WHEN ${apiClients.previousUntil} > ${databaseNow(database)} THEN ${apiClients.previousHash} END`,
          })
          .from(apiClients)
          .innerJoin(portals, eq(portals.portalId, apiClients.portalId))
          .where(and(eq(apiClients.clientId, clientId as ClientId), isNull(apiClients.revokedAt))),
      )
      return found ?? null
    },

    revocations: withinSeconds => revocations(database, withinSeconds),
    signingClients: withinSeconds => signingClients(database, withinSeconds),
  }
}

const alive = (portalId: PortalId, clientId: ClientId) =>
  and(eq(apiClients.portalId, portalId), eq(apiClients.clientId, clientId), isNull(apiClients.revokedAt))

/** None where it is not of this portal. */
const madeAfter = (portalId: PortalId, clientId: ClientId) =>
  sql`(${apiClients.createdAt}, ${apiClients.clientId}) > (SELECT a.created_at, a.client_id FROM ${apiClients} a WHERE a.portal_id = ${portalId} AND a.client_id = ${clientId})`

/** The next generation of a secret, and what becomes of the one before. */
function next(door: Door, retireAfterSeconds: number) {
  const now = databaseNow(door)
  const raised = { generation: sql`${apiClients.generation} + 1`, rotatedAt: now }
  return retireAfterSeconds === 0
    ? { ...raised, previousHash: null, previousUntil: null, deadBelow: sql`${apiClients.generation} + 1`, deadAt: now }
    : {
        ...raised,
        previousHash: sql`${apiClients.secretHash}`,
        previousUntil: sql`${now} + ${retireAfterSeconds} * interval '1 second'`,
      }
}

async function missing<T>(door: Door, portalId: PortalId, answer: T): Promise<T> {
  await mustExist(door, portalId)
  return answer
}

async function mustExist(door: Door, portalId: PortalId): Promise<void> {
  const [found] = await door.crud(drizzle =>
    drizzle.select({ portalId: portals.portalId }).from(portals).where(eq(portals.portalId, portalId)),
  )
  if (!found) throw new MfaError('not_found')
}

const clientEvent = (type: EventType, details: Record<string, unknown>) => ({
  type,
  contactId: null,
  organizationId: null,
  details,
})

const keysChanged = (clientId: ClientId, { keys }: ClientJwks) =>
  clientEvent('client.keys_changed', {
    clientId,
    keys: keys.map(key => ({ kid: key.kid, thumbprint: thumbprint(key) })),
  })
