import type { PortalRole } from '../domain/caller.ts'
import type { ClientJwks } from '../domain/client-key.ts'
import { MfaError } from '../domain/errors.ts'
import { type ClientId, clientIdSchema, type PortalId } from '../domain/ids.ts'
import { CLIENT_SECRET_RETIRE_SECONDS } from '../domain/limits.ts'
import type { ApiClient } from '../ports/api-clients.ts'
import type { Ports } from '../ports/ports.ts'
import { byOperator, type Call, eventContext } from './call.ts'
import type { ClientKeys } from './client-keys.ts'
import { decodeCursor, type Page, page } from './page.ts'
import type { RevocationList } from './revocation-list.ts'

export type ClientView = Omit<ApiClient, 'portalId'>

const clientView = ({ portalId: _, ...view }: ApiClient): ClientView => view

/** The only answers that hold a secret. */
export interface NewSecret {
  clientId: ClientId
  clientSecret: string
  roles: PortalRole[]
}

/** A client with a secret of its own. Throws `not_found` for an unknown portal. */
export function makeCreateClient({ apiClients, random, secrecy }: Ports, clientKeys: ClientKeys) {
  return async (
    call: Call,
    given: { portalId: PortalId; name: string; roles: PortalRole[]; jwks?: ClientJwks | undefined },
  ): Promise<NewSecret> => {
    const { portalId, name, roles, jwks } = given
    const context = eventContext(byOperator(call), random)
    const clientSecret = random.secret()
    const secretHash = secrecy.secretHash(clientSecret)
    const client = { portalId, clientId: random.clientId(), name, roles, secretHash }
    const { clientId } = await apiClients.create({ ...client, ...(jwks ? { jwks } : {}) }, context)
    if (jwks) await clientKeys.refresh()
    return { clientId, clientSecret, roles }
  }
}

const isClientId = (position: unknown): position is ClientId => clientIdSchema.safeParse(position).success

export function makeListClients({ apiClients }: Ports) {
  return async (
    call: Call,
    { portalId, limit, cursor }: { portalId: PortalId; limit: number; cursor?: string | undefined },
  ): Promise<Page<ClientView>> => {
    byOperator(call)
    const found = await apiClients.list(portalId, limit + 1, decodeCursor(cursor, isClientId))
    return page(found, limit, clientView, client => client.clientId)
  }
}

/** A new secret; the old one stays good for `retireAfterSeconds` (24 h), 0: it dies at once and its tokens within 60 s. */
export function makeRotateClientSecret({ apiClients, random, secrecy }: Ports, revocations: RevocationList) {
  return async (
    call: Call,
    input: { portalId: PortalId; clientId: ClientId; retireAfterSeconds?: number | undefined },
  ): Promise<NewSecret> => {
    const { portalId, clientId, retireAfterSeconds = CLIENT_SECRET_RETIRE_SECONDS } = input
    const context = eventContext(byOperator(call), random)
    const clientSecret = random.secret()
    const hash = secrecy.secretHash(clientSecret)
    const client = await apiClients.rotate(portalId, clientId, hash, retireAfterSeconds, context)
    if (!client) throw new MfaError('not_found')
    if (retireAfterSeconds === 0) await revocations.refresh()
    return { clientId, clientSecret, roles: client.roles }
  }
}

/** Its secrets are dead at once, its tokens within 60 s. Throws `not_found`. */
export function makeRevokeClient({ apiClients, random }: Ports, revocations: RevocationList) {
  return async (call: Call, { portalId, clientId }: { portalId: PortalId; clientId: ClientId }): Promise<void> => {
    const context = eventContext(byOperator(call), random)
    if (!(await apiClients.revoke(portalId, clientId, context))) throw new MfaError('not_found')
    await revocations.refresh()
  }
}

/** Another set of keys: tokens under a key that is gone are dead within 60 s, those under a new one good as soon. */
export function makeReplaceClientKeys({ apiClients, random }: Ports, clientKeys: ClientKeys) {
  return async (
    call: Call,
    { portalId, clientId, keys }: ClientJwks & { portalId: PortalId; clientId: ClientId },
  ): Promise<ClientView> => {
    const context = eventContext(byOperator(call), random)
    const client = await apiClients.replaceKeys(portalId, clientId, { keys }, context)
    if (!client) throw new MfaError('not_found')
    await clientKeys.refresh()
    return clientView(client)
  }
}
