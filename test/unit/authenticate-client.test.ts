/** A token that was verified once is judged anew each time: what is remembered is its signature alone. */
import { describe, expect, it } from 'vitest'
import { makeClientTokens } from '../../src/adapters/node/client-tokens.ts'
import type { ClientKey } from '../../src/domain/client-key.ts'
import { unavailable } from '../../src/domain/errors.ts'
import { clientIdSchema, portalIdSchema } from '../../src/domain/ids.ts'
import type { Revocations, SigningClient } from '../../src/ports/api-clients.ts'
import { makeAuthenticateClient } from '../../src/usecases/authenticate-client.ts'
import { clientClaims, newKey, signedToken } from '../support/client-token.ts'
import { ISSUER } from '../support/service.ts'

const key = newKey('EdDSA')
const clientId = clientIdSchema.parse('cli_M5tVb1oE8yKq0WzJc7LsNg')
const acme = portalIdSchema.parse('acme')
const client: SigningClient = {
  clientId,
  portalId: acme,
  roles: ['portal'],
  jwks: { keys: [key.jwk as ClientKey] },
}
const START = Date.now()
const token = signedToken(key, clientClaims(clientId))

interface World {
  now: Date
  client: SigningClient | null
  keysKnown: boolean
  revocations: Revocations | null
}

/** What two calls with one token come to, the world changing in between. */
function twice(change: Partial<World>): unknown {
  const world: World = {
    now: new Date(START),
    client,
    keysKnown: true,
    revocations: { clients: new Map(), suspendedPortals: new Set() },
  }
  const clientKeys = {
    of: () => {
      if (!world.keysKnown) throw unavailable(null)
      return world.client
    },
    current: () => world.keysKnown,
    refresh: async () => true,
  }
  const ports = { clientTokens: makeClientTokens(ISSUER), clock: { now: () => world.now } }
  const revocations = { current: () => world.revocations, refresh: async () => true }
  const authenticate = makeAuthenticateClient(ports, clientKeys, revocations)
  const caller = { role: 'portal', clientId, portalId: acme, subject: null, organizationId: null }
  expect(authenticate(token)).toEqual(caller)
  Object.assign(world, change)
  try {
    return authenticate(token)
  } catch (error) {
    return (error as { code: string }).code
  }
}

const later = (seconds: number) => new Date(START + seconds * 1000)
const revoked = (generation: number) => new Map([[clientId as string, generation]])

describe('a token verified before', () => {
  it.each<[why: string, change: Partial<World>, outcome: unknown]>([
    ['still good', {}, expect.objectContaining({ clientId })],
    ['still good within the tolerance', { now: later(325) }, expect.objectContaining({ clientId })],
    ['over', { now: later(335) }, 'unauthenticated'],
    ['not begun: the clock was set back', { now: later(-60) }, 'unauthenticated'],
    ['of a client that is known no longer', { client: null }, 'unauthenticated'],
    ['under a key that is gone', { client: { ...client, jwks: { keys: [] } } }, 'unauthenticated'],
    [
      'under another key of that kid',
      { client: { ...client, jwks: { keys: [newKey('EdDSA', key.kid).jwk as ClientKey] } } },
      'unauthenticated',
    ],
    ['of a role that the client lost', { client: { ...client, roles: ['master_admin'] } }, 'forbidden'],
    [
      'of a revoked client',
      { revocations: { clients: revoked(Number.POSITIVE_INFINITY), suspendedPortals: new Set() } },
      'unauthenticated',
    ],
    [
      'of a client whose secret was rotated at once, which is another thing',
      { revocations: { clients: revoked(7), suspendedPortals: new Set() } },
      expect.objectContaining({ clientId }),
    ],
    [
      'of a suspended portal',
      { revocations: { clients: new Map(), suspendedPortals: new Set([acme]) } },
      'portal_suspended',
    ],
    ['where it is unknown who is revoked', { revocations: null }, 'unavailable'],
    ['where it is unknown whose keys these are', { keysKnown: false }, 'unavailable'],
  ])('%s', (_why, change, outcome) => {
    expect(twice(change)).toEqual(outcome)
  })
})

/** What one token comes to whose claims differ from the usual ones; the client may do everything in its portal. */
function claiming(more: Record<string, unknown>, roles: SigningClient['roles'] = ['portal', 'master_admin']): unknown {
  const ports = { clientTokens: makeClientTokens(ISSUER), clock: { now: () => new Date() } }
  const clientKeys = { of: () => ({ ...client, roles }), current: () => true, refresh: async () => true }
  const current = () => ({ clients: new Map(), suspendedPortals: new Set<string>() })
  const authenticate = makeAuthenticateClient(ports, clientKeys, { current, refresh: async () => true })
  try {
    return authenticate(signedToken(key, clientClaims(clientId, more)))
  } catch (error) {
    const { code, details } = error as { code: string; details: { detail?: string } }
    return `${code}: ${details.detail}`
  }
}

const refused = (claim: string) => `unauthenticated: The token is signed well, but not acceptable: ${claim}.`

describe('the claims of a token', () => {
  it('may name client and portal, if they are those that are registered', () => {
    const caller = { role: 'portal', clientId, portalId: acme, subject: null, organizationId: null }
    expect(claiming({ client_id: clientId, portal_id: acme })).toEqual(caller)
    expect(claiming({ role: 'master_admin', subject: 'ann', sub: 'ann' })).toEqual({
      ...caller,
      role: 'master_admin',
      subject: 'ann',
    })
  })

  it.each([
    ['another portal (TEN-1)', { portal_id: 'globex' }, refused('portal_id')],
    ['another client', { client_id: 'cli_AAAAAAAAAAAAAAAAAAAAAA' }, refused('iss or client_id')],
    [
      'another subject than it acts for',
      { sub: 'ann' },
      refused('sub: the subject, or the client id where there is none'),
    ],
    [
      'a subject that it does not act for',
      { role: 'master_admin', subject: 'ann', sub: clientId },
      refused('sub: the subject, or the client id where there is none'),
    ],
    ['a lifetime that is too long', { exp: Math.floor(Date.now() / 1000) + 1200 }, refused('iat, exp or nbf')],
    ['two things that are none', { role: 'root', jti: '' }, refused('jti, role')],
    ['a master admin that is nobody', { role: 'master_admin' }, refused('subject is required for master_admin')],
    ['a role that the client lacks', { role: 'organization_admin' }, 'forbidden: This client may not have that role.'],
  ])('may not name %s', (_, claims, outcome) => {
    expect(claiming(claims)).toBe(outcome)
  })

  it('that name another client as their issuer are of nobody', () => {
    expect(claiming({ iss: 'cli_AAAAAAAAAAAAAAAAAAAAAA', client_id: clientId })).toBe(refused('iss or client_id'))
  })

  it('that name no client at all are not for these keys', () => {
    expect(claiming({ iss: ISSUER })).toBeNull()
  })
})
