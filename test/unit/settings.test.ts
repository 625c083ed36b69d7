/** The edges of each setting: the last value that is taken, and the first that is not. */
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  autofillDomainSchema,
  codeSettingsSchema,
  defaultPortalLimits,
  displayNameSchema,
  localeSchema,
  optOutSchema,
  portalLimitsSchema,
  settingsSchema,
  validFromSchema,
} from '../../src/domain/settings.ts'
import { samplePortal } from '../support/sample-snapshot.ts'

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success
const optOut = { allowed: true, rememberDays: null, skipsMax: null, endsAt: null }
const code = { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 }
const { settings } = samplePortal()

/** Which of these values a member of the object may have. */
const taken = (schema: z.ZodType, whole: object, member: string, values: unknown[]): unknown[] =>
  values.filter(value => takes(schema, { ...whole, [member]: value }))

describe('a number', () => {
  it.each([
    ['rememberDays', optOutSchema, optOut, 1, 3650],
    ['skipsMax', optOutSchema, optOut, 1, 1000],
    ['length', codeSettingsSchema, code, 6, 10],
    ['smsLifetimeSeconds', codeSettingsSchema, code, 60, 600],
    ['emailLifetimeSeconds', codeSettingsSchema, code, 60, 600],
    ['dailyMessagesMax', portalLimitsSchema, defaultPortalLimits, 0, 10_000_000],
  ])('%s is whole, and within its bounds', (member, schema, whole, min, max) => {
    const values = [min - 1, min, min + 0.5, max, max + 1, `${min}`, true, Number.NaN]
    expect(taken(schema, whole, member, values)).toEqual([min, max])
  })

  it('may be none where that means no bound', () => {
    for (const member of ['rememberDays', 'skipsMax', 'endsAt'])
      expect(taken(optOutSchema, optOut, member, [null])).toEqual([null])
    expect(taken(codeSettingsSchema, code, 'length', [null])).toEqual([])
  })
})

describe('a name that goes into messages', () => {
  it.each([
    'A',
    '7',
    'Acme Client Portal',
    "O'Neil & Sons - North",
    'J. R. Ltd.',
    'Straße 株式会社',
    'Ⅷ',
    'x'.repeat(40),
    '&',
    '-',
    "'",
    'A.',
  ])('may be %j', name => expect(takes(displayNameSchema, name)).toBe(true))

  it.each([
    '',
    ' ',
    ' A',
    'A ',
    'A  B',
    'a.b',
    '1.evil',
    'a..',
    'a/b',
    'a:b',
    'a@b',
    'a#b',
    'a_b',
    'a\nb',
    'A\n',
    'a\tb',
    'x'.repeat(41),
    'a\u200bb',
    'a\u202eb',
    'a\u2066b',
    '\u200fab',
    '<b>',
  ])('may not be %j', name => expect(takes(displayNameSchema, name)).toBe(false))

  it('says what it may be', () => {
    expect(displayNameSchema.safeParse('a/b').error?.issues[0]?.message).toContain('letters, digits, spaces')
  })
})

describe('a locale', () => {
  it.each(['en', 'fil', 'en-GB', 'es-419', 'zh-Hant', 'zh-Hant-TW'])('may be %j', locale =>
    expect(takes(localeSchema, locale)).toBe(true),
  )

  it.each([
    '',
    'e',
    'engl',
    'EN',
    'en-',
    'en-gb',
    'en-G',
    'en-GBR',
    'en-4199',
    'en-41',
    'en_GB',
    'zh-hant',
    'zh-HANT',
    'zh-Hans1',
    'zh-Han',
    'zh-Hantt',
    'en-GB-x',
    'xxen-GB',
    'en-GB ',
    ' en',
    '1n',
    'en-US\n',
    'zh-TW-Hant',
  ])('may not be %j', locale => expect(takes(localeSchema, locale)).toBe(false))
})

describe('a domain for autofill', () => {
  it.each([
    'a.co',
    'portal.acme.example',
    'x-1.example',
    '1.2.example',
    'xn--mller-kva.de',
    `${'a'.repeat(63)}.com`,
    `a.${'b'.repeat(63)}`,
    'a.c0',
    `${'a'.repeat(48)}.${'b'.repeat(47)}.com`,
  ])('may be %j', domain => expect(takes(autofillDomainSchema, domain)).toBe(true))

  it.each([
    '',
    'localhost',
    'A.co',
    '-a.co',
    'a-.co',
    '.a.co',
    'a..co',
    'a.co.',
    'a.c',
    'a.co/x',
    'a.co:443',
    'a_b.co',
    '192.0.2.1',
    'a.123',
    'ab.123',
    '10.0.0.10',
    `${'a'.repeat(64)}.com`,
    `a.${'b'.repeat(64)}`,
    `${'a'.repeat(50)}.${'b'.repeat(46)}.com`,
    'a.co\n',
    ' a.co',
    'é.co',
  ])('may not be %j', domain => expect(takes(autofillDomainSchema, domain)).toBe(false))
})

describe('a whole', () => {
  it('is strict: every member, and none besides', () => {
    expect(takes(settingsSchema, settings)).toBe(true)
    for (const member of Object.keys(settings)) {
      const { [member as keyof typeof settings]: _, ...rest } = settings
      expect(takes(settingsSchema, rest), member).toBe(false)
    }
    for (const [schema, whole] of [
      [settingsSchema, settings],
      [optOutSchema, optOut],
      [codeSettingsSchema, code],
      [portalLimitsSchema, defaultPortalLimits],
      [settingsSchema.shape.sms, settings.sms],
    ] as const) {
      expect(takes(schema, whole)).toBe(true)
      expect(takes(schema, { ...whole, more: 1 })).toBe(false)
    }
  })

  it('names methods and countries it knows, each once', () => {
    const lists = [[], ['sms'], ['email', 'sms'], ['sms', 'sms'], ['fax'], 'sms', null]
    expect(taken(settingsSchema, settings, 'methods', lists)).toEqual([[], ['sms'], ['email', 'sms']])
    const countries = [[], ['US', 'DE'], ['US', 'US'], ['us'], ['XX'], null]
    expect(taken(settingsSchema.shape.sms, {}, 'allowedCountries', countries)).toEqual([[], ['US', 'DE']])
    expect(taken(portalLimitsSchema, defaultPortalLimits, 'allowedCountries', countries)).toEqual([
      [],
      ['US', 'DE'],
      null,
    ])
    expect(settingsSchema.shape.methods.safeParse(['sms', 'sms']).error?.issues[0]?.message).toBe('each at most once')
  })

  it('has instants with an offset, or none', () => {
    const instants = ['2026-05-01T12:00:00Z', '2026-05-01T12:00:00+02:00', '2026-05-01T12:00:00', '2026-05-01', 5]
    expect(taken(optOutSchema, optOut, 'endsAt', instants)).toEqual(instants.slice(0, 2))
  })

  it('has no domain for autofill until one is set', () => {
    expect(taken(settingsSchema, settings, 'autofillDomain', [null, 'a.co', 'a'])).toEqual([null, 'a.co'])
  })
})

describe('limits of the operator', () => {
  it('have sender ids of 3 to 11 letters, digits and hyphens, at least one of them a letter, by country', () => {
    const ids = ['ACM', 'Acme-1', '1-a', 'A'.repeat(11), 'AC', 'A'.repeat(12), '123', '1-2', 'A B', 'Ä12', 'ABC\n', '']
    const takenIds = ids.filter(id => takes(portalLimitsSchema, { ...defaultPortalLimits, senderIds: { US: id } }))
    expect(takenIds).toEqual(ids.slice(0, 4))
    expect(takes(portalLimitsSchema, { ...defaultPortalLimits, senderIds: { XX: 'ACME' } })).toBe(false)
  })

  it('have an address of at most 254 characters, or none', () => {
    const addresses = [null, 'mfa@acme.example', 'mfa', '']
    expect(taken(portalLimitsSchema, defaultPortalLimits, 'emailFrom', addresses)).toEqual([null, 'mfa@acme.example'])
    const local = (length: number) => `${'a'.repeat(length - 12)}@example.com`
    expect(taken(portalLimitsSchema, defaultPortalLimits, 'emailFrom', [local(254), local(255)])).toEqual([local(254)])
  })

  it('begin with ten thousand messages a day, any country, and nothing of the portal’s own', () => {
    expect(defaultPortalLimits).toEqual({
      dailyMessagesMax: 10_000,
      allowedCountries: null,
      senderIds: {},
      emailFrom: null,
    })
  })
})

it('epochs are whole numbers by name', () => {
  const epochs = { enabled: 1, methods: { sms: 2 }, countries: { US: 3 } }
  expect(validFromSchema.parse(epochs)).toEqual(epochs)
  for (const wrong of [{ enabled: '1' }, { methods: { sms: 1.5 } }, { countries: { US: null } }])
    expect(takes(validFromSchema, { ...epochs, ...wrong })).toBe(false)
})
