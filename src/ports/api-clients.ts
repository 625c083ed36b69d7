import type { PortalRole } from '../domain/caller.ts'
import type { ClientJwks } from '../domain/client-key.ts'
import type { EventContext } from '../domain/event.ts'
import type { ClientId, PortalId } from '../domain/ids.ts'

export interface ApiClient {
  portalId: PortalId
  clientId: ClientId
  name: string
  roles: PortalRole[]
  /** Public keys of tokens that it signs itself. */
  jwks: ClientJwks
  createdAt: Date
  rotatedAt: Date | null
  revokedAt: Date | null
}

/** What the token endpoint needs to check a secret. */
export interface ClientCredentials extends ApiClient {
  portalSuspended: boolean
  secretHash: string
  /** Number of the secret; each rotation raises it. Tokens carry it. */
  generation: number
  /** The secret before, while it is still good by the database's clock. */
  previousSecretHash: string | null
}

/** What every instance must know to refuse dead tokens without asking for each request. */
export interface Revocations {
  /** Client id → tokens of a lower generation than this are dead; Infinity: the client is revoked. */
  clients: Map<string, number>
  suspendedPortals: Set<string>
}

/** Who may sign tokens itself, and with which keys. */
export interface SigningClient extends Pick<ApiClient, 'portalId' | 'clientId' | 'roles' | 'jwks'> {}

/** The API clients of portals. Secrets come as hashes. Failures throw `unavailable`; an unknown portal throws `not_found`. */
export interface ApiClients {
  /** Event `client.created`, details `{clientId, name, roles}`; with `jwks` also `client.keys_changed`. */
  create(
    client: Pick<ApiClient, 'portalId' | 'clientId' | 'name' | 'roles'> & { secretHash: string; jwks?: ClientJwks },
    context: EventContext,
  ): Promise<ApiClient>
  /** At most `limit`, revoked ones included, in the order of their creation, after this one. */
  list(portalId: PortalId, limit: number, after: ClientId | null): Promise<ApiClient[]>
  /** Null: no such client, or revoked. The old secret stays good for `retireAfterSeconds`; 0: it and its tokens are dead. Event `client.rotated`. */
  rotate(
    portalId: PortalId,
    clientId: ClientId,
    secretHash: string,
    retireAfterSeconds: number,
    context: EventContext,
  ): Promise<ApiClient | null>
  /** False: no such client, or revoked before. Event `client.revoked`. */
  revoke(portalId: PortalId, clientId: ClientId, context: EventContext): Promise<boolean>
  /** Null: no such client, or revoked. Event `client.keys_changed`, details `{clientId, keys: [{kid, thumbprint}]}`. */
  replaceKeys(
    portalId: PortalId,
    clientId: ClientId,
    jwks: ClientJwks,
    context: EventContext,
  ): Promise<ApiClient | null>
  /**
   * Over all portals: clients whose keys were replaced, or that were revoked (then without keys), within the last
   * `withinSeconds`; null: every client that has keys.
   */
  signingClients(withinSeconds: number | null): Promise<SigningClient[]>
  /** Token look-up: over all portals, since the client id is all that a token request has. Null: unknown or revoked. */
  find(clientId: string): Promise<ClientCredentials | null>
  /** Clients revoked or rotated at once within the last `withinSeconds`, and every suspended portal. */
  revocations(withinSeconds: number): Promise<Revocations>
}
