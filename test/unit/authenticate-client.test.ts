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
    now: new Date(),
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
    refresh: async () => {},
  }
  const ports = { clientTokens: makeClientTokens(ISSUER), clock: { now: () => world.now } }
  const revocations = { current: () => world.revocations, refresh: async () => {} }
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

const later = (seconds: number) => new Date(Date.now() + seconds * 1000)
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
