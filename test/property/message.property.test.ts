import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { purposes } from '../../src/domain/code.ts'
import { septets } from '../../src/domain/gsm7.ts'
import { type EmailMessage, renderMessage, type SmsMessage } from '../../src/domain/message.ts'
import { autofillDomainSchema, displayNameSchema } from '../../src/domain/settings.ts'

const scripts = "AZaz09 &'-. éàùßøåÆ çčłďőı ΩΔΣ αβ ЖЯ 東京 عربي עברית ไทย ⒈⑴½²Ⅷﬃﷺ 𝔄🄁１Ａ"
const displayName = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...scripts), minLength: 1, maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.constantFrom(
      'W'.repeat(40),
      'é'.repeat(40),
      'ﬃ'.repeat(40),
      'Ⅷ'.repeat(40),
      '東'.repeat(40),
      'Acme Inc.',
      'A. B. C.',
    ),
  )
  .filter(name => displayNameSchema.safeParse(name).success)

const label = fc.string({ unit: fc.constantFrom(...'abcz019-'), minLength: 1, maxLength: 63 })
const autofillDomain = fc
  .oneof(
    fc.array(label, { minLength: 2, maxLength: 5 }).map(labels => labels.join('.')),
    fc.constant(`${'a'.repeat(63)}.${'b'.repeat(32)}.com`),
  )
  .filter(domain => autofillDomainSchema.safeParse(domain).success)

const facts = fc.record({
  purpose: fc.constantFrom(...purposes),
  code: fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 10 }),
  displayName,
  lifetimeMinutes: fc.integer({ min: 1, max: 10 }),
  autofillDomain: fc.option(autofillDomain),
  locale: fc.constantFrom('en', 'en-GB', 'de', 'ja', 'zh-Hant-TW'),
})

const sender = { senderId: null, from: null }

describe('whatever a portal is called and whatever its domain', () => {
  it('INJ-2: an SMS is one GSM-7 segment that begins with the code', () => {
    fc.assert(
      fc.property(facts, given => {
        const to = { destination: '+14155552671', country: 'US' }
        const { text } = renderMessage('sms', given, to, sender) as SmsMessage
        expect(septets(text)).not.toBeNull()
        expect(septets(text)).toBeLessThanOrEqual(160)
        expect(text.startsWith(`${given.code} `)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('INJ-2: its last line is ours, and nothing before it looks like a link', () => {
    fc.assert(
      fc.property(facts, given => {
        const to = { destination: '+14155552671', country: 'US' }
        const { text } = renderMessage('sms', given, to, sender) as SmsMessage
        const [first = '', ...lines] = text.split('\n')
        const expected = given.autofillDomain === null ? [] : ['', `@${given.autofillDomain} #${given.code}`]
        expect(lines).toEqual(expected)
        expect(first).not.toMatch(/[@#/:]|[^ ]\.[^ ]/)
      }),
      { numRuns: 3000 },
    )
  })

  it('INJ-1: an email has one line as subject and from-name, and no tag but our own', () => {
    fc.assert(
      fc.property(facts, given => {
        const to = { destination: 'ann@example.com', country: null }
        const message = renderMessage('email', given, to, sender) as EmailMessage
        expect(message.subject + message.fromName).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(message.subject).not.toContain(given.code)
        const tags = [...message.html.matchAll(/<\/?([^\s>]*)/g)].map(([, tag]) => tag)
        expect(new Set(tags)).toEqual(new Set(['!doctype', 'html', 'head', 'meta', 'title', 'body', 'div', 'p']))
        expect(message.text).toContain(given.code)
      }),
      { numRuns: 500 },
    )
  })
})
