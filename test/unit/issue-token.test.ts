/** The token endpoint's use case: who gets which claims for which secret. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TokenError } from '../../src/domain/errors.ts'
import type { AccessClaims } from '../../src/domain/tokens.ts'
import type { ClientCredentials } from '../../src/ports/api-clients.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { type IssueToken, makeIssueToken } from '../../src/usecases/issue-token.ts'
import { now } from '../support/sample-snapshot.ts'

const [first, second] = [`cli_${'A'.repeat(22)}`, `cli_${'B'.repeat(22)}`]

const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

const client = {
  portalId: 'acme',
  clientId: first,
  name: 'Portal',
  roles: ['portal', 'organization_admin', 'master_admin'],
  createdAt: now,
  rotatedAt: null,
  revokedAt: null,
  portalSuspended: false,
  secretHash: hash('secret'),
  generation: 2,
  previousSecretHash: hash('old secret'),
} as unknown as ClientCredentials
const narrow = { ...client, clientId: second, roles: ['portal'], previousSecretHash: null } as ClientCredentials

const signed: AccessClaims[] = []
const ports = {
  apiClients: { find: async (id: string) => [client, narrow].find(({ clientId }) => clientId === id) ?? null },
  secrecy: { secretHash: hash },
  tokens: { signAccess: (claims: AccessClaims) => `token ${signed.push(claims)}` },
} as unknown as Ports
const issue = (input: IssueToken) => makeIssueToken(ports, 'operator secret')(input)

const asked = { clientId: first, clientSecret: 'secret', grantType: 'client_credentials' }

/** The claims of the token it sells. */
async function claimsFor(given: Partial<IssueToken>): Promise<AccessClaims | undefined> {
  const { accessToken, expiresIn } = await issue({ ...asked, ...given })
  expect(accessToken).toBe(`token ${signed.length}`)
  expect(expiresIn).toBe(900)
  return signed.at(-1)
}

/** The OAuth error it answers; nothing may be signed. */
async function errorFor(given: Partial<IssueToken>): Promise<string> {
  const before = signed.length
  const error = await issue({ ...asked, ...given }).catch(thrown => thrown)
  expect(error).toBeInstanceOf(TokenError)
  expect(error.description).not.toBe('')
  expect(error.message).toBe(error.description)
  expect(signed).toHaveLength(before)
  return error.error
}

describe('a client with its secret', () => {
  it('gets a token of its portal, as `portal` where no role is asked for', async () => {
    const claims = { sub: first, client_id: first, portal_id: 'acme', gen: 2, role: 'portal' }
    expect(await claimsFor({})).toStrictEqual(claims)
    expect(await claimsFor({ role: 'portal' })).toStrictEqual(claims)
    expect(await claimsFor({ subject: 'bob' })).toStrictEqual({ ...claims, sub: 'bob', subject: 'bob' })
  })

  it('gets an admin token for a named person, and of the organization for its admin', async () => {
    const claims = { sub: 'ann', subject: 'ann', client_id: first, portal_id: 'acme', gen: 2 }
    expect(await claimsFor({ role: 'master_admin', subject: 'ann' })).toStrictEqual({ ...claims, role: 'master_admin' })
    expect(await claimsFor({ role: 'organization_admin', subject: 'ann', organizationId: 'org' })).toStrictEqual({
      ...claims,
      role: 'organization_admin',
      organization_id: 'org',
    })
  })

  it('gets a token of the generation before for the secret before, which dies with it', async () => {
    expect(await claimsFor({ clientSecret: 'old secret' })).toMatchObject({ gen: 1 })
  })

  it.each<[string, Partial<IssueToken>, string]>([
    ['another grant', { grantType: 'password' }, 'unsupported_grant_type'],
    ['no grant', { grantType: '' }, 'unsupported_grant_type'],
    ['a wrong secret', { clientSecret: 'Secret' }, 'invalid_client'],
    ['no secret', { clientSecret: '' }, 'invalid_client'],
    ["another client's old secret", { clientId: second, clientSecret: 'old secret' }, 'invalid_client'],
    ['an unknown id', { clientId: 'cli_3' }, 'invalid_client'],
    ["the operator's id", { clientId: 'operator' }, 'invalid_client'],
    ['a role that it lacks', { clientId: second, role: 'master_admin', subject: 'a' }, 'unauthorized_client'],
    ["the operator's role", { role: 'operator' }, 'unauthorized_client'],
    ['a role that is none', { role: 'root' }, 'invalid_request'],
    ['an empty role', { role: '' }, 'invalid_request'],
    ['a person that is no id', { subject: 'a b' }, 'invalid_request'],
    ['an empty person', { role: 'master_admin', subject: '' }, 'invalid_request'],
    ['an organization that is no id', organization('a b'), 'invalid_request'],
    ['an organization that is no id, and no need of one', { organizationId: 'a b' }, 'invalid_request'],
    ['a master admin without a person', { role: 'master_admin' }, 'invalid_request'],
    ['an admin without a person', { role: 'organization_admin', organizationId: 'org' }, 'invalid_request'],
    ['an admin without an organization', { role: 'organization_admin', subject: 'ann' }, 'invalid_request'],
    ['a portal with an organization', { organizationId: 'org' }, 'invalid_request'],
    ['a master with an organization', { ...organization('org'), role: 'master_admin' }, 'invalid_request'],
  ])('gets nothing with %s', async (_, given, error) => {
    expect(await errorFor(given)).toBe(error)
  })

  // Which of the two was wrong would tell an attacker which ids exist.
  it('looks the same whether its id or its secret is wrong', async () => {
    const errors = await Promise.all(
      [{ clientId: 'cli_3' }, { clientSecret: 'x' }, { clientId: 'operator', clientSecret: 'x' }].map(given =>
        issue({ ...asked, ...given }).catch(thrown => [thrown.error, thrown.description]),
      ),
    )
    expect(new Set(errors.map(String)).size).toBe(1)
  })
})

describe('the operator', () => {
  const operator = { clientId: 'operator', clientSecret: 'operator secret' }

  it('gets a token of no portal', async () => {
    const claims = { sub: 'operator', client_id: 'operator', role: 'operator' }
    expect(await claimsFor(operator)).toStrictEqual(claims)
    expect(await claimsFor({ ...operator, role: 'operator', subject: 'eve' })).toStrictEqual({
      ...claims,
      sub: 'eve',
      subject: 'eve',
    })
  })

  it.each(['portal', 'organization_admin', 'master_admin'])('gets no token as %s', async role => {
    expect(await errorFor({ ...operator, role, subject: 'eve' })).toBe('unauthorized_client')
  })

  it('gets nothing with a wrong secret', async () => {
    for (const clientSecret of ['', 'secret', 'operator secret '])
      expect(await errorFor({ ...operator, clientSecret })).toBe('invalid_client')
  })
})

function organization(organizationId: string): Partial<IssueToken> {
  return { role: 'organization_admin', subject: 'ann', organizationId }
}
