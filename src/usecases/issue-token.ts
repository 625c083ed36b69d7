import { actingPerson } from '../domain/acting-person.ts'
import { OPERATOR_CLIENT_ID, type Role, roleSchema } from '../domain/caller.ts'
import { sameDigest } from '../domain/code.ts'
import { TokenError } from '../domain/errors.ts'
import { clientIdSchema } from '../domain/ids.ts'
import { ACCESS_TOKEN_SECONDS } from '../domain/limits.ts'

import type { Ports } from '../ports/ports.ts'

/** As received; checked here, since the token endpoint has errors of its own (RFC 6749 §5.2). */
export interface IssueToken {
  clientId: string
  clientSecret: string
  grantType: string
  role?: string | undefined
  subject?: string | undefined
  organizationId?: string | undefined
}

/** Sells an access token for client credentials. Throws `TokenError`. */
export function makeIssueToken(ports: Ports, operatorSecret: string) {
  const { apiClients, secrecy, tokens } = ports
  const operatorHash = secrecy.secretHash(operatorSecret)

  return async (input: IssueToken): Promise<{ accessToken: string; expiresIn: number }> => {
    if (input.grantType !== 'client_credentials')
      throw new TokenError('unsupported_grant_type', 'client_credentials only')
    const known = await identify(input)
    const role = roleOf(input.role ?? known.defaultRole)
    if (!known.roles.includes(role)) throw new TokenError('unauthorized_client', 'this client may not have that role')
    const { subject, organizationId } = actingPerson(input, role)
    const accessToken = tokens.signAccess({
      ...known.claims,
      role,
      sub: subject ?? known.claims.client_id,
      ...(subject === null ? {} : { subject }),
      ...(organizationId === null ? {} : { organization_id: organizationId }),
    })
    return { accessToken, expiresIn: ACCESS_TOKEN_SECONDS }
  }

  /** The client that has this secret. Unknown, revoked and wrong look the same. */
  async function identify({ clientId, clientSecret }: IssueToken) {
    const hash = secrecy.secretHash(clientSecret)
    if (clientId === OPERATOR_CLIENT_ID) {
      if (!sameDigest(hash, operatorHash)) throw invalidClient()
      return { roles: ['operator'] as Role[], defaultRole: 'operator', claims: { client_id: clientId } }
    }
    const known = clientIdSchema.safeParse(clientId)
    const client = known.success ? await apiClients.find(known.data) : null
    if (!client) throw invalidClient()
    const previous = client.previousSecretHash !== null && sameDigest(hash, client.previousSecretHash)
    if (!sameDigest(hash, client.secretHash) && !previous) throw invalidClient()
    const gen = previous ? client.generation - 1 : client.generation
    const claims = { client_id: client.clientId as string, portal_id: client.portalId, gen }
    return { roles: client.roles as Role[], defaultRole: 'portal', claims }
  }
}

const invalidClient = () => new TokenError('invalid_client', 'unknown client or wrong secret')

function roleOf(role: string): Role {
  const parsed = roleSchema.safeParse(role)
  if (!parsed.success) throw new TokenError('invalid_request', 'role is not known')
  return parsed.data
}
