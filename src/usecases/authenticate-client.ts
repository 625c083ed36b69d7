import { actingPerson } from '../domain/acting-person.ts'
import type { PortalCaller } from '../domain/caller.ts'
import { MfaError, TokenError } from '../domain/errors.ts'
import { clientIdSchema } from '../domain/ids.ts'
import { CLIENT_TOKEN_SECONDS_MAX } from '../domain/limits.ts'
import { clientClaimsSchema, soundDates } from '../domain/tokens.ts'
import type { SigningClient } from '../ports/api-clients.ts'
import type { Ports } from '../ports/ports.ts'
import { refuseDead } from './authenticate-caller.ts'
import type { ClientKeys } from './client-keys.ts'
import type { RevocationList } from './revocation-list.ts'

/**
 * Who calls, from an access token that an API client has signed itself; null: the token does not say that of itself, so it
 * can only be one of ours. Throws `unauthenticated`, `forbidden` (a role that the client lacks), `portal_suspended`, or
 * `unavailable` when it is unknown who has been revoked or whose keys these are.
 */
export function makeAuthenticateClient(
  { clientTokens, clock }: Pick<Ports, 'clientTokens' | 'clock'>,
  clientKeys: ClientKeys,
  revocations: RevocationList,
) {
  return (token: string): PortalCaller | null => {
    const clientId = clientIdSchema.safeParse(clientTokens.issuerOf(token))
    if (!clientId.success) return null
    const client = clientKeys.of(clientId.data)
    const claims = client && clientTokens.verified(token, client.jwks.keys)
    if (!claims) throw new MfaError('unauthenticated')
    if (!soundDates(claims, CLIENT_TOKEN_SECONDS_MAX, clock.now())) throw refused('iat, exp or nbf')
    const caller = callerOf(client, claims)
    // Rotating the secret leaves these tokens alone; revoking the client ends them.
    refuseDead(revocations, caller, Number.MAX_SAFE_INTEGER)
    return caller
  }
}

/** The client and its portal come from what is registered; a token that says otherwise is refused. */
function callerOf({ clientId, portalId, roles }: SigningClient, claims: Record<string, unknown>): PortalCaller {
  const parsed = clientClaimsSchema.safeParse(claims)
  if (!parsed.success) throw refused([...new Set(parsed.error.issues.map(({ path }) => String(path[0])))].join(', '))
  const {
    iss,
    sub,
    role,
    subject,
    organization_id: organizationId,
    client_id = iss,
    portal_id = portalId,
  } = parsed.data
  if (iss !== clientId || client_id !== iss) throw refused('iss or client_id')
  if (portal_id !== portalId) throw refused('portal_id')
  if (sub !== (subject ?? clientId)) throw refused('sub: the subject, or the client id where there is none')
  const held = roles.find(one => one === role)
  if (!held) throw new MfaError('forbidden', { detail: 'This client may not have that role.' })
  return { role: held, clientId, portalId, ...personIn({ subject, organizationId }, held) }
}

function personIn(...said: Parameters<typeof actingPerson>): ReturnType<typeof actingPerson> {
  try {
    return actingPerson(...said)
  } catch (cause) {
    throw cause instanceof TokenError ? refused(cause.description) : cause
  }
}

/** Said only of a token whose signature is good: it helps nobody but its signer. */
const refused = (claim: string): MfaError =>
  new MfaError('unauthenticated', { detail: `The token is signed well, but not acceptable: ${claim}.` })
