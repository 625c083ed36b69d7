import { access, type Caller, type Operation, type PortalCaller, type Role } from '../domain/caller.ts'
import { MfaError, unavailable } from '../domain/errors.ts'
import { signedAccessClaimsSchema } from '../domain/tokens.ts'
import type { RevocationList } from './revocation-list.ts'

/**
 * Who calls, from the claims of a verified access token of ours. Throws `unauthenticated` (claims that our signer never
 * writes, or a dead client), `portal_suspended`, or `unavailable` when it is unknown who has been revoked.
 */
export function makeAuthenticateCaller(revocations: RevocationList) {
  return (claims: unknown): Caller => {
    const parsed = signedAccessClaimsSchema.safeParse(claims)
    if (!parsed.success) throw new MfaError('unauthenticated')
    const { client_id: clientId, role, subject = null, portal_id, organization_id = null, gen = 0 } = parsed.data
    if (role === 'operator') {
      if (portal_id) throw new MfaError('unauthenticated')
      return { role, clientId, subject }
    }
    const incomplete =
      !portal_id ||
      (role !== 'portal' && subject === null) ||
      (role === 'organization_admin') !== (organization_id !== null)
    if (incomplete) throw new MfaError('unauthenticated')

    const caller = { role, clientId, subject, portalId: portal_id, organizationId: organization_id }
    refuseDead(revocations, caller, gen)
    return caller
  }
}

/** Throws unless the client still stands behind its tokens of this generation, and its portal is not suspended. */
export function refuseDead(
  revocations: RevocationList,
  { clientId, portalId }: PortalCaller,
  generation: number,
): void {
  const revoked = revocations.current()
  if (!revoked) throw unavailable(new Error('the list of revoked clients is too old'))
  if (generation < (revoked.clients.get(clientId) ?? 0)) throw new MfaError('unauthenticated')
  if (revoked.suspendedPortals.has(portalId)) throw new MfaError('portal_suspended')
}

/** Throws `forbidden` unless the caller's role may do that. */
export function authorizeCaller(caller: Caller, operation: Operation): void {
  const allowed: readonly Role[] = access[operation]
  if (!allowed.includes(caller.role)) throw new MfaError('forbidden')
}
