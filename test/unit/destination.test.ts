import { type getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { countryCodes, parseDestination } from '../../src/domain/destination.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { Method } from '../../src/domain/methods/index.ts'
import { GROWTH_MAX, growth } from '../support/growth.ts'
import {
  AMERICAN,
  MAILBOX,
  mailboxSpellings,
  mailboxTricks,
  numberSpellings,
  numberTricks,
  otherNumbers,
} from '../support/spellings.ts'

/** The parsed destination, or the code of the refusal. */
function read(method: Method, input: string, country: string | null = null) {
  try {
    return parseDestination(method, input, country)
  } catch (error) {
    return error instanceof MfaError ? error.code : error
  }
}

describe('countries', () => {
  it('are two letters each, each once', () => {
    expect(countryCodes.length).toBeGreaterThan(240)
    expect(new Set(countryCodes).size).toBe(countryCodes.length)
    expect(countryCodes.filter(code => !/^[A-Z]{2}$/.test(code))).toEqual([])
  })

  it('PHONE-3: do not hold reserved codes that are no countries', () => {
    expect(countryCodes).not.toContain('AC')
    expect(countryCodes).not.toContain('TA')
  })

  it('each take an example of their mobile numbers, in national spelling too, whatever larger country it counts as', () => {
    for (const country of countryCodes) {
      const example = getExampleNumber(country as ReturnType<typeof getCountries>[number], examples)
      if (!example) throw new Error(`no example for ${country}`)
      const expected = { destination: example.number, canonical: example.number }
      expect(read('sms', example.number, country), country).toMatchObject(expected)
      expect(read('sms', example.formatNational(), country), country).toMatchObject(expected)
      expect(read('sms', example.number), country).toMatchObject({ country: expect.stringMatching(/^[A-Z]{2}$/) })
    }
  })
})

describe('a phone number', () => {
  it('is E.164, with its country, its block and its last two digits', () => {
    expect(read('sms', '+14155552671')).toEqual({
      destination: '+14155552671',
      country: 'US',
      masked: '******71',
      canonical: '+14155552671',
      prefix: '+1415555',
    })
  })

  // PHONE-1: each spelling that passes limits as another number is another message to the same phone.
  it.each(numberSpellings)('PHONE-1: is %s, spelled %j with %s', (number, input, country) => {
    expect(read('sms', input, country)).toMatchObject({ canonical: number, destination: number })
  })

  it('PHONE-1: has been tried in sixty spellings and more, national ones among them', () => {
    expect(numberSpellings.length + numberTricks.length).toBeGreaterThan(60)
    const national = [...numberSpellings.map(([, ...row]) => row), ...numberTricks].filter(
      ([input, country]) => country && !input.startsWith('+'),
    )
    expect(national.length).toBeGreaterThan(30)
  })

  it.each(numberTricks)('PHONE-1: is refused: %j with %s (%s)', (input, country) => {
    expect(read('sms', input, country)).toBe('destination_invalid')
  })

  it.each(otherNumbers)('PHONE-2: is refused: %j with %s (%s)', (input, country) => {
    expect(read('sms', input, country)).toBe('destination_invalid')
  })

  it.each(['us', 'USA', 'AC', '__proto__', ''])('is refused with %j for a country', country => {
    expect(read('sms', AMERICAN, country)).toBe('destination_invalid')
  })

  it('of a shared block belongs to the larger country, whatever the caller says (PHONE-3)', () => {
    expect(read('sms', '+4741234567', 'SJ')).toMatchObject({ country: 'NO' })
    expect(read('sms', '+4741234567', 'NO')).toMatchObject({ country: 'NO' })
    expect(read('sms', '+4741234567')).toMatchObject({ country: 'NO' })
    expect(read('sms', '+4741234567', 'SE')).toBe('destination_invalid')
  })
})

describe('an email address', () => {
  const accepted: [string, { destination: string; canonical: string; masked: string }][] = [
    ['ann@example.com', { destination: 'ann@example.com', canonical: 'ann@example.com', masked: 'a***@example.com' }],
    ['Ann@Example.COM', { destination: 'Ann@example.com', canonical: 'ann@example.com', masked: 'A***@example.com' }],
    ['a@x.co', { destination: 'a@x.co', canonical: 'a@x.co', masked: 'a***@x.co' }],
    ['ann+mfa@x.co', { destination: 'ann+mfa@x.co', canonical: 'ann@x.co', masked: 'a***@x.co' }],
    ['ann+a+b@x.co', { destination: 'ann+a+b@x.co', canonical: 'ann@x.co', masked: 'a***@x.co' }],
    ['ann+@x.co', { destination: 'ann+@x.co', canonical: 'ann@x.co', masked: 'a***@x.co' }],
    ['+ann@x.co', { destination: '+ann@x.co', canonical: '+ann@x.co', masked: '+***@x.co' }],
    ['a.b.c@x.co', { destination: 'a.b.c@x.co', canonical: 'a.b.c@x.co', masked: 'a***@x.co' }],
    ["o'neil@x.co", { destination: "o'neil@x.co", canonical: "o'neil@x.co", masked: 'o***@x.co' }],
    [
      'a@xn--mller-kva.de',
      { destination: 'a@xn--mller-kva.de', canonical: 'a@xn--mller-kva.de', masked: 'a***@xn--mller-kva.de' },
    ],
    ['a@x.a1', { destination: 'a@x.a1', canonical: 'a@x.a1', masked: 'a***@x.a1' }],
    ['a@x.1a', { destination: 'a@x.1a', canonical: 'a@x.1a', masked: 'a***@x.1a' }],
    ['a@1.2.example', { destination: 'a@1.2.example', canonical: 'a@1.2.example', masked: 'a***@1.2.example' }],
  ]
  it.each(accepted)('EMAIL-2: is sent to as typed and counted as one mailbox: %s', (input, expected) => {
    expect(read('email', input)).toEqual({ ...expected, country: null, prefix: null })
  })

  it('takes no notice of a country', () => {
    expect(read('email', 'ann@example.com', 'US')).toEqual(read('email', 'ann@example.com'))
  })

  it.each(mailboxTricks)('EMAIL-1, EMAIL-3: is refused: %j (%s)', input => {
    expect(read('email', input)).toBe('destination_invalid')
  })

  it('EMAIL-2: is one mailbox however its case and tag are spelled, and is sent to as it is', () => {
    for (const spelling of mailboxSpellings) {
      const [local = ''] = spelling.split('@')
      expect(read('email', spelling)).toMatchObject({ canonical: MAILBOX, destination: `${local}@example.com` })
    }
  })

  it('may be as long as mail allows: 64 before the @, 254 in all', () => {
    const longest = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.com`
    expect(longest).toHaveLength(254)
    expect(read('email', longest)).toMatchObject({ destination: longest })
    expect(read('email', longest.replace('.com', '.info'))).toBe('destination_invalid')
  })
})

describe('an error', () => {
  it('never holds what was typed', () => {
    for (const method of ['sms', 'email'] as const) {
      try {
        parseDestination(method, 'ann@evil@example.com +1415 5552671', null)
        expect.unreachable()
      } catch (error) {
        expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toMatch(/ann|1415/)
      }
    }
  })
})

/** Repeated: what number plans, addresses and patterns look for. */
const PARTS = ['1', '+', '(', ' ', '-', 'a', 'a.', 'a@', '@', '.', '"', '\\', '+1', '٤', 'a-']

it.each(PARTS)(
  'REDOS-1: 100 kB of hostile input is refused like any other, in no more time than it explains: %j',
  async part => {
    for (const [before, after] of [
      ['', ''],
      ['+1', 'x'],
      ['a@', '!'],
    ]) {
      const refused = (length: number) => {
        const input = `${before}${part.repeat(length / part.length)}${after}`
        expect(read('sms', input)).toBe('destination_invalid')
        expect(read('sms', input, 'US')).toBe('destination_invalid')
        expect(read('email', input)).toBe('destination_invalid')
      }
      expect(await growth(100_000, refused)).toBeLessThan(GROWTH_MAX)
    }
  },
)
