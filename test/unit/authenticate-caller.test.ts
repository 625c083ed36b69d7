/** Who calls, from the claims of a token whose signature is ours; and what each may do. */
import { describe, expect, it } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { authorizeCaller, makeAuthenticateCaller } from '../../src/usecases/authenticate-caller.ts'
import { portalCaller } from '../support/fake-use-cases.ts'

const list = {
  clients: new Map([
    ['rotated', 3],
    ['revoked', Number.POSITIVE_INFINITY],
  ]),
  suspendedPortals: new Set(['suspended']),
}
const authenticate = (claims: unknown) =>
  makeAuthenticateCaller({ current: () => list, refresh: async () => true })(claims)

const operator = { sub: 'operator', client_id: 'operator', role: 'operator', jti: 'id' }
const portal = { sub: 'cli', client_id: 'cli', role: 'portal', portal_id: 'acme', gen: 1, jti: 'id' }
const master = { ...portal, sub: 'ann', subject: 'ann', role: 'master_admin' }
const admin = { ...master, role: 'organization_admin', organization_id: 'org' }
const without = (name: string, from: object) => Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
const throws = (code: string) => expect.objectContaining({ code })

describe('the caller', () => {
  it('is what the claims say', () => {
    expect(authenticate(operator)).toEqual({ role: 'operator', clientId: 'operator', subject: null })
    const base = { clientId: 'cli', subject: null, portalId: 'acme', organizationId: null }
    expect(authenticate(portal)).toEqual({ ...base, role: 'portal' })
    expect(authenticate({ ...portal, subject: 'bob' })).toEqual({ ...base, role: 'portal', subject: 'bob' })
    expect(authenticate(master)).toEqual({ ...base, role: 'master_admin', subject: 'ann' })
    expect(authenticate(admin)).toEqual({ ...base, role: 'organization_admin', subject: 'ann', organizationId: 'org' })
  })

  it.each([
    ['nothing', null],
    ['no object', 'claims'],
    ['an operator in a portal', { ...operator, portal_id: 'acme' }],
    ['a portal role without a portal', without('portal_id', portal)],
    ['a master admin without a portal', without('portal_id', master)],
    ['a master admin without a person', without('subject', master)],
    ['an admin without a person', without('subject', admin)],
    ['an admin without an organization', without('organization_id', admin)],
    ['a portal with an organization', { ...portal, organization_id: 'org' }],
    ['a master admin with an organization', { ...master, organization_id: 'org' }],
    ['an unknown role', { ...portal, role: 'root' }],
    ['no client', without('client_id', portal)],
    ['no id of its own', without('jti', portal)],
    ['a portal id that is none', { ...portal, portal_id: '' }],
    ['a generation that is no number', { ...portal, gen: '9' }],
  ])('is nobody with %s', (_, claims) => {
    expect(() => authenticate(claims)).toThrow(throws('unauthenticated'))
  })

  it('is nobody once the client is revoked, or its secret rotated at once', () => {
    const of = (client_id: string, gen?: number) => () =>
      authenticate({ ...without('gen', portal), client_id, ...(gen === undefined ? {} : { gen }) })
    expect(of('revoked', 99)).toThrow(throws('unauthenticated'))
    expect(of('rotated', 2)).toThrow(throws('unauthenticated'))
    expect(of('rotated')).toThrow(throws('unauthenticated'))
    expect(of('rotated', 3)()).toMatchObject({ clientId: 'rotated' })
    expect(of('cli')()).toMatchObject({ clientId: 'cli' })
    expect(of('cli', 0)()).toMatchObject({ clientId: 'cli' })
  })

  it('gets no further while the portal is suspended', () => {
    expect(() => authenticate({ ...portal, portal_id: 'suspended' })).toThrow(throws('portal_suspended'))
  })

  it('is unknown while nobody knows who was revoked; only the operator needs no list', () => {
    const blind = makeAuthenticateCaller({ current: () => null, refresh: async () => true })
    const cause = expect.objectContaining({ message: expect.stringContaining('revoked') })
    expect(() => blind(portal)).toThrow(expect.objectContaining({ code: 'unavailable', cause }))
    expect(() => blind(without('portal_id', portal))).toThrow(throws('unauthenticated'))
    expect(blind(operator)).toMatchObject({ role: 'operator' })
  })
})

describe('a call', () => {
  const as = (role: string) => ({ ...portalCaller, role }) as Caller

  it('is let through for the roles of the list, and forbidden for all others', () => {
    for (const role of ['portal', 'operator', 'organization_admin'])
      expect(() => authorizeCaller(as(role), 'changeSettings'), role).toThrow(throws('forbidden'))
    expect(authorizeCaller(as('master_admin'), 'changeSettings')).toBeUndefined()
    expect(() => authorizeCaller(as('master_admin'), 'verifyChallenge')).toThrow(throws('forbidden'))
    expect(authorizeCaller(as('portal'), 'verifyChallenge')).toBeUndefined()
  })
})
