/** The access-control list, as the contract tells it: written down once more, by role. */
import { describe, expect, it } from 'vitest'
import { access, actorOf, OPERATOR_CLIENT_ID, portalRoleSchema, roleSchema, roles } from '../../src/domain/caller.ts'
import { portalCaller } from '../support/fake-use-cases.ts'

const may: Record<(typeof roles)[number], string[]> = {
  operator: [
    'createPortal',
    'listPortals',
    'readPortal',
    'changePortal',
    'createClient',
    'listClients',
    'rotateClientSecret',
    'replaceClientKeys',
    'revokeClient',
    'listMethods',
  ],
  portal: [
    'readSettings',
    'listMethods',
    'decideLogin',
    'startEnrollment',
    'readEnrollment',
    'resendEnrollment',
    'confirmEnrollment',
    'removeFactor',
    'startChallenge',
    'readChallenge',
    'resendChallenge',
    'verifyChallenge',
    'skipEnrollment',
    'enableMfa',
    'listContacts',
    'readContact',
  ],
  organization_admin: ['listMethods', 'listContacts', 'readContact', 'resetContact'],
  master_admin: [
    'readSettings',
    'changeSettings',
    'listMethods',
    'listContacts',
    'readContact',
    'resetContact',
    'eraseContact',
    'listEvents',
  ],
}

describe('a role', () => {
  it.each(Object.entries(may))('%s may do this and nothing else', (role, operations) => {
    const allowed = Object.entries(access).filter(([, names]) => (names as readonly string[]).includes(role))
    expect(allowed.map(([operation]) => operation).sort()).toEqual(operations.toSorted())
  })

  it('is one of four, three of them for API clients of a portal', () => {
    expect(Object.keys(may)).toEqual([...roles])
    const all = [...roles, 'system', 'admin', '']
    expect(all.filter(role => roleSchema.safeParse(role).success)).toEqual([...roles])
    expect(all.filter(role => portalRoleSchema.safeParse(role).success)).toEqual(roles.slice(1))
    expect(OPERATOR_CLIENT_ID).toBe('operator')
  })
})

it('an event keeps role, person and client of its caller, and no more', () => {
  expect(actorOf({ ...portalCaller, subject: null })).toEqual({
    role: 'portal',
    subject: null,
    clientId: portalCaller.clientId,
  })
})
