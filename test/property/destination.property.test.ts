import fc from 'fast-check'
import { getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { countryCodes, type ParsedDestination, parseDestination } from '../../src/domain/destination.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { Method } from '../../src/domain/methods/index.ts'

const parse = (method: Method, input: string, country: string | null): ParsedDestination | null => {
  try {
    return parseDestination(method, input, country)
  } catch (error) {
    if (error instanceof MfaError && error.code === 'destination_invalid') return null
    throw error
  }
}

const country = fc.constantFrom(...countryCodes)

/** Real mobile numbers: an example of the country with its last digits redrawn. */
const mobile = fc.tuple(country, fc.integer({ min: 0, max: 999 })).map(([code, end]) => {
  const number = getExampleNumber(code as Parameters<typeof getExampleNumber>[0], examples)?.number ?? ''
  return { country: code, e164: number.slice(0, -3) + String(end).padStart(3, '0') }
})

const letters = (alphabet: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength })

const address = fc
  .tuple(
    letters("abcXYZ019_+'-", 20),
    fc.array(letters('abcXYZ019', 12), { minLength: 1, maxLength: 3 }),
    letters('abcdeXYZ', 6),
  )
  .map(([local, labels, top]) => `${local}@${[...labels, top].join('.')}`)

/** Strings near the truth: the pieces that real and hostile destinations are made of. */
const nearly = fc
  .array(
    fc.constantFrom(
      '+',
      '1',
      '415',
      '555',
      '2671',
      '44',
      '0',
      ' ',
      '-',
      '(',
      ')',
      '٤',
      '\u200b',
      '@',
      'a',
      '.',
      'com',
      '+t',
      '"',
      ',',
      '\n',
      ';ext=1',
      'K',
    ),
    { maxLength: 14 },
  )
  .map(pieces => pieces.join(''))

describe('any input', () => {
  it('is one plain destination or destination_invalid, never another error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), fc.option(country), (input, code) => {
        const number = parse('sms', input, code)
        if (number) {
          expect(number.destination).toMatch(/^\+[1-9]\d{6,14}$/)
          expect(countryCodes).toContain(number.country)
        }
        const mailbox = parse('email', input, code)
        if (mailbox) expect(mailbox.destination).toMatch(/^[\x21-\x7e]{1,64}@[a-z0-9.-]+$/)
      }),
      { numRuns: 2000 },
    )
  })

  it('that is accepted is accepted again as itself, with the same country and key', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          mobile.map(({ e164 }) => e164),
          address,
        ),
        fc.option(country),
        (input, code) => {
          for (const method of ['sms', 'email'] as const) {
            const once = parse(method, input, code)
            if (once) expect(parse(method, once.destination, once.country)).toEqual(once)
            if (once) expect(parse(method, once.destination, null)).toEqual(once)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a number', () => {
  it('PHONE-1: has one key however punctuation is strewn into it', () => {
    const punctuation = fc.array(fc.constantFrom('', '', '', ' ', '-', '.', '(', ')', '/'), {
      minLength: 15,
      maxLength: 15,
    })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), punctuation, (end, marks) => {
        const national = `415555${String(end).padStart(4, '0')}`
        const spelled = [...national].map((digit, n) => digit + marks[n]).join('')
        expect(parse('sms', spelled, 'US')?.canonical).toBe(`+1${national}`)
      }),
    )
  })

  it('shows its last two digits and nothing that tells two of them apart', () => {
    fc.assert(
      fc.property(mobile, mobile, (one, other) => {
        const [a, b] = [parse('sms', one.e164, null), parse('sms', other.e164, null)]
        if (!a || !b) return
        expect(a.masked).toMatch(/^\*{6}\d\d$/)
        expect(a.masked === b.masked).toBe(a.destination.slice(-2) === b.destination.slice(-2))
      }),
    )
  })

  it('is its block and four more digits', () => {
    fc.assert(
      fc.property(mobile, ({ e164 }) => {
        const number = parse('sms', e164, null)
        if (number) expect(number.destination).toMatch(new RegExp(`^\\${number.prefix}\\d{4}$`))
      }),
    )
  })
})

describe('an address', () => {
  it('EMAIL-2: has one key whatever its case and tag', () => {
    fc.assert(
      fc.property(address, letters('abc019.+', 8), (input, tag) => {
        const plain = parse('email', input, null)
        const [local = '', domain] = input.split('@')
        const tagged = parse('email', `${local.toUpperCase()}+a${tag.replace(/\./g, '')}@${domain}`, null)
        fc.pre(plain !== null && tagged !== null && !local.startsWith('+'))
        expect(tagged?.canonical).toBe(plain?.canonical)
      }),
    )
  })

  it('is sent to as typed but for the case of its domain', () => {
    fc.assert(
      fc.property(address, input => {
        const [local, domain = ''] = input.split('@')
        const parsed = parse('email', input, null)
        if (parsed) expect(parsed.destination).toBe(`${local}@${domain.toLowerCase()}`)
      }),
    )
  })

  it('shows its first letter and domain and nothing that tells two of them apart', () => {
    fc.assert(
      fc.property(letters('abc019', 20), letters('abc019', 20), (one, other) => {
        const [a, b] = [one, other].map(local => parse('email', `${local}@example.com`, null)?.masked)
        expect(a).toBe(`${one[0]}***@example.com`)
        expect(a === b).toBe(one[0] === other[0])
      }),
    )
  })
})
