/** Settings under a merge patch: what is refused and where, and what each change voids. */
import { describe, expect, it } from 'vitest'
import { methodCounts } from '../../src/domain/contact.ts'
import { countryCodes } from '../../src/domain/destination.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { PortalId } from '../../src/domain/ids.ts'
import type { Method } from '../../src/domain/methods/index.ts'
import { defaultPortalLimits, type Portal, type PortalLimits } from '../../src/domain/settings.ts'
import {
  changedMembers,
  newSettings,
  patchSettings,
  settingsDocument,
  withLimits,
} from '../../src/domain/settings-change.ts'

const at = new Date('2026-05-01T12:00:00Z')

/** A portal as the operator makes it, with two countries. */
function newPortal(limits: PortalLimits = defaultPortalLimits): Portal {
  const settings = newSettings('Acme', limits, false)
  return {
    portalId: 'acme' as PortalId,
    suspended: false,
    guarded: false,
    limits,
    settings: { ...settings, sms: { allowedCountries: ['US', 'DE'] } },
    epoch: 0,
    validFrom: { enabled: 0, methods: {}, countries: {} },
    version: 1,
    createdAt: at,
    updatedAt: at,
    updatedBy: null,
  }
}

const patched = (...patches: unknown[]): Portal => patches.reduce<Portal>(patchSettings, newPortal())

/** Pointers of what a patch is refused for, in order of the alphabet. */
function pointersOf(patch: unknown, portal = newPortal()): string[] {
  try {
    patchSettings(portal, patch)
    return []
  } catch (error) {
    if (!(error instanceof MfaError) || error.code !== 'invalid_request') throw error
    return ((error.details.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer).sort()
  }
}

describe('a new portal', () => {
  it('has MFA off, every method, no opt-out, and messages as short-lived as they are by default', () => {
    expect(newSettings('Acme', defaultPortalLimits, false)).toEqual({
      enabled: false,
      methods: ['sms', 'email'],
      optOut: { allowed: false, rememberDays: null, skipsMax: null, endsAt: null },
      displayName: 'Acme',
      locale: 'en',
      autofillDomain: null,
      code: { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 },
      sms: { allowedCountries: [] },
    })
  })

  it('sends to the countries of its limits, else to every country or none, as the service was told', () => {
    const countries = (allowedCountries: PortalLimits['allowedCountries'], any: boolean) =>
      newSettings('Acme', { ...defaultPortalLimits, allowedCountries }, any).sms.allowedCountries
    expect([countries(['US'], false), countries(['US'], true), countries([], true)]).toEqual([['US'], ['US'], []])
    expect(countries(null, true)).toEqual(countryCodes)
    expect(countries(null, false)).toEqual([])
  })
})

describe('a merge patch', () => {
  it('changes the members it names and no other', () => {
    const { settings } = patched({ optOut: { rememberDays: 30 }, code: { length: 8 }, methods: ['email'] })
    const before = newPortal().settings
    expect(settings).toEqual({
      ...before,
      methods: ['email'],
      optOut: { ...before.optOut, rememberDays: 30 },
      code: { ...before.code, length: 8 },
    })
    expect(changedMembers(before, settings).sort()).toEqual(['code', 'methods', 'optOut'])
    expect(patched({ optOut: { rememberDays: 30 } }, { optOut: { rememberDays: null } }).settings).toEqual(before)
  })

  it('takes the whole document back unchanged, read-only members included', () => {
    const portal = patched({ enabled: true })
    const document = JSON.parse(JSON.stringify(settingsDocument(portal)))
    expect(patchSettings(portal, document)).toEqual(portal)
    expect(patchSettings(portal, {})).toEqual(portal)
  })

  it.each([
    ['no object', [null, 1, 'on', []], ['']],
    ['a read-only epoch', [{ epoch: 1 }, { epoch: '0' }, { epoch: null }], ['/epoch']],
    ['a read-only version', [{ version: 2 }], ['/version']],
    ['a read-only time', [{ updatedAt: '2020-01-01T00:00:00.000Z' }], ['/updatedAt']],
    ['a read-only author', [{ updatedBy: 'me' }, { updatedBy: {} }], ['/updatedBy']],
    ['an unknown member', [{ mfa: true }, { mfa: null }], ['/mfa']],
    ['an unknown member within', [{ optOut: { days: 3 } }], ['/optOut/days']],
    ['a member of every object', [JSON.parse('{"__proto__":{"enabled":true}}')], ['/__proto__']],
    ['a name that needs escaping', [{ 'a/b~c': 1 }], ['/a~1b~0c']],
    ['another type', [{ enabled: 'true' }, { enabled: 1 }, { enabled: null }], ['/enabled']],
    ['a whole that is no object', [{ optOut: null }, { optOut: true }], ['/optOut']],
    ['an unknown method', [{ methods: ['sms', 'pigeon'] }], ['/methods/1']],
    ['a method twice', [{ methods: ['sms', 'sms'] }], ['/methods']],
    [
      'a code shorter or longer than the hard limit',
      [{ code: { length: 5 } }, { code: { length: 11 } }],
      ['/code/length'],
    ],
    [
      'a life beyond the hard limit',
      [{ code: { smsLifetimeSeconds: 601 } }, { code: { smsLifetimeSeconds: 59 } }],
      ['/code/smsLifetimeSeconds'],
    ],
    ['no days', [{ optOut: { rememberDays: 0 } }], ['/optOut/rememberDays']],
    [
      'an end that is no instant',
      [{ optOut: { endsAt: 'tomorrow' } }, { optOut: { endsAt: '2026-06-01' } }],
      ['/optOut/endsAt'],
    ],
    [
      'an end that the database could not read again, in its year of UTC',
      ['0000-06-01T00:00:00Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-00:01'].map(endsAt => ({
        optOut: { endsAt },
      })),
      ['/optOut/endsAt'],
    ],
    ['a country that is none', [{ sms: { allowedCountries: ['US', 'XX'] } }], ['/sms/allowedCountries/1']],
    ['MFA without a method', [{ enabled: true, methods: [] }], ['/methods']],
    ['SMS without a country', [{ enabled: true, sms: { allowedCountries: [] } }], ['/sms/allowedCountries']],
    ['a name longer than 64 characters, cut', [{ ['x'.repeat(65)]: 1 }], [`/${'x'.repeat(64)}`]],
    ['two mistakes', [{ epoch: 9, code: { length: 5 } }], ['/code/length', '/epoch']],
  ])('is refused for %s, and says where', (_, patches: unknown[], pointers) => {
    for (const patch of patches) expect(pointersOf(patch), JSON.stringify(patch)).toEqual(pointers)
  })

  it.each([
    ['', [], 'must be an object'],
    ['/epoch', { epoch: 1 }, 'is read-only'],
    ['/mfa', { mfa: true }, 'is not known'],
    ['/methods', { enabled: true, methods: [] }, 'MFA needs a method'],
    ['/sms/allowedCountries', { enabled: true, sms: { allowedCountries: [] } }, 'SMS needs a country'],
  ])('tells what is wrong with %j', (pointer, patch, message) => {
    expect(() => patchSettings(newPortal(), patch)).toThrow(
      expect.objectContaining({ details: { errors: [{ pointer, message }] } }),
    )
  })

  it('needs no country while MFA is off, or without SMS', () => {
    expect(pointersOf({ sms: { allowedCountries: [] } })).toEqual([])
    expect(pointersOf({ methods: [] })).toEqual([])
    expect(pointersOf({ enabled: true, methods: ['email'], sms: { allowedCountries: [] } })).toEqual([])
  })

  it.each(['evil.com', 'visit http://x', 'a@b', 'a/b', '', ' x', 'x'.repeat(41), 'line\nbreak', '1. evil.com'])(
    'is refused for the display name %j, which would go into messages',
    displayName => expect(pointersOf({ displayName })).toContain('/displayName'),
  )

  it('names no country beyond the limits of the operator', () => {
    const portal = newPortal({ ...defaultPortalLimits, allowedCountries: ['US', 'DE'] })
    expect(pointersOf({ sms: { allowedCountries: ['US'] } }, portal)).toEqual([])
    expect(pointersOf({ sms: { allowedCountries: ['US', 'FR'] } }, portal)).toEqual(['/sms/allowedCountries'])
    const message = 'holds a country that the operator does not allow'
    expect(() => patchSettings(portal, { sms: { allowedCountries: ['FR'] } })).toThrow(
      expect.objectContaining({ details: { errors: [{ pointer: '/sms/allowedCountries', message }] } }),
    )
  })
})

describe('the epoch', () => {
  it.each([
    ['stays when nothing of it changes', [{ enabled: false }, { displayName: 'Other' }, { methods: ['sms'] }], 0],
    ['rises when MFA is turned on', [{ enabled: true }], 1],
    ['stays when it is on already', [{ enabled: true }, { enabled: true }], 1],
    ['stays when MFA is turned off', [{ enabled: true }, { enabled: false }], 1],
    ['rises when MFA is turned on again', [{ enabled: true }, { enabled: false }, { enabled: true }], 2],
    [
      'rises when a removed method comes back',
      [{ enabled: true }, { methods: ['sms'] }, { methods: ['sms', 'email'] }],
      2,
    ],
    [
      'rises when a removed country comes back',
      [{ enabled: true }, { sms: { allowedCountries: ['US'] } }, { sms: { allowedCountries: ['DE', 'US'] } }],
      2,
    ],
    [
      'stays for a country that was never removed',
      [{ enabled: true }, { sms: { allowedCountries: ['US', 'DE', 'FR'] } }],
      1,
    ],
    ['stays when names change places', [{ enabled: true }, { methods: ['email', 'sms'] }], 1],
    [
      'rises once for two that come back together',
      [
        { enabled: true },
        { methods: ['sms'], sms: { allowedCountries: ['US'] } },
        { methods: ['email', 'sms'], sms: { allowedCountries: ['US', 'DE'] } },
      ],
      2,
    ],
  ])('%s', (_, patches: unknown[], epoch) => expect(patched(...patches).epoch).toBe(epoch))

  it('from which skips count rises with MFA turned on, and not with a method that comes back', () => {
    const on = patched({ enabled: true })
    expect(on.validFrom.enabled).toBe(1)
    const back = patchSettings(patchSettings(on, { methods: ['sms'] }), { methods: ['sms', 'email'] })
    expect(back.validFrom.enabled).toBe(1)
    expect(methodCounts(back, { method: 'sms', country: 'US', epoch: 1 })).toBe(true)
    expect(methodCounts(back, { method: 'email', country: null, epoch: 1 })).toBe(false)
  })
})

describe('limits of the operator', () => {
  it('take their countries out of the settings at once, and wider ones bring none back', () => {
    const narrow = withLimits(patched({ enabled: true }), { ...defaultPortalLimits, allowedCountries: ['US'] })
    expect(narrow.settings.sms.allowedCountries).toEqual(['US'])
    const wide = withLimits(narrow, defaultPortalLimits)
    expect(wide.settings.sms.allowedCountries).toEqual(['US'])
    const back = patchSettings(wide, { sms: { allowedCountries: ['US', 'DE'] } })
    expect(back.epoch).toBe(2)
    expect(methodCounts(back, { method: 'sms', country: 'DE', epoch: 1 })).toBe(false)
    expect(methodCounts(back, { method: 'sms', country: 'US', epoch: 1 })).toBe(true)
  })
})

describe('a factor, in every order of four changes', () => {
  type Held = { method: Method; country: string | null; epoch: number }
  const kinds = [
    { method: 'email', country: null },
    { method: 'sms', country: 'US' },
    { method: 'sms', country: 'DE' },
  ] as const
  const methods = (method: Method, there: boolean) => (portal: Portal) =>
    patchSettings(portal, {
      methods: [...portal.settings.methods.filter(name => name !== method), ...(there ? [method] : [])],
    })
  const changes: Record<string, (portal: Portal) => Portal> = {
    on: portal => patchSettings(portal, { enabled: true }),
    off: portal => patchSettings(portal, { enabled: false }),
    '-email': methods('email', false),
    '+email': methods('email', true),
    '-sms': methods('sms', false),
    '+sms': methods('sms', true),
    '-DE': portal => patchSettings(portal, { sms: { allowedCountries: ['US'] } }),
    '+DE': portal => patchSettings(portal, { sms: { allowedCountries: ['US', 'DE'] } }),
    narrow: portal => withLimits(portal, { ...defaultPortalLimits, allowedCountries: ['US'] }),
    wide: portal => withLimits(portal, defaultPortalLimits),
  }
  const allows = ({ settings }: Portal, { method, country }: { method: Method; country: string | null }): boolean =>
    settings.methods.includes(method) &&
    (country === null || (settings.sms.allowedCountries as string[]).includes(country))

  it('counts exactly as long as MFA was not turned on, nor its method or country removed', () => {
    let seen = 0
    const walk = (portal: Portal, alive: Held[], dead: Held[], done: string[]): void => {
      for (const factor of alive) expect(methodCounts(portal, factor), done.join(' ')).toBe(true)
      for (const factor of dead) expect(methodCounts(portal, factor), done.join(' ')).toBe(false)
      seen++
      if (done.length === 4) return
      const made = kinds.filter(kind => allows(portal, kind)).map(kind => ({ ...kind, epoch: portal.epoch }))
      const held = [...alive, ...made]
      for (const [name, change] of Object.entries(changes)) {
        const next = changed(portal, change)
        if (!next) continue
        const turnedOn = !portal.settings.enabled && next.settings.enabled
        const lives = (factor: Held): boolean => !turnedOn && allows(next, factor)
        walk(next, held.filter(lives), [...dead, ...held.filter(factor => !lives(factor))], [...done, name])
      }
    }
    walk(newPortal(), [], [], [])
    expect(seen).toBeGreaterThan(5000)
  })

  /** Null where the rules refuse the change. */
  function changed(portal: Portal, change: (portal: Portal) => Portal): Portal | null {
    try {
      return change(portal)
    } catch (error) {
      if (error instanceof MfaError) return null
      throw error
    }
  }
})
