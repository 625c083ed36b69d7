import { describe, expect, it } from 'vitest'
import { purposes } from '../../src/domain/code.ts'
import { fitsOneSegment, septets, spellInGsm7 } from '../../src/domain/gsm7.ts'
import {
  type EmailMessage,
  type MessageFacts,
  renderMessage,
  type SenderNames,
  type SmsMessage,
} from '../../src/domain/message.ts'

const facts: MessageFacts = {
  purpose: 'login',
  code: '048151',
  displayName: 'Acme Client Portal',
  lifetimeMinutes: 5,
  autofillDomain: null,
  locale: 'en',
}
const own: SenderNames = { senderId: null, from: null }

const sms = (changes: Partial<MessageFacts> = {}, sender = own) =>
  renderMessage('sms', { ...facts, ...changes }, { destination: '+14155552671', country: 'US' }, sender) as SmsMessage
const email = (changes: Partial<MessageFacts> = {}, sender = own) =>
  renderMessage(
    'email',
    { ...facts, ...changes },
    { destination: 'ann@example.com', country: null },
    sender,
  ) as EmailMessage

/** Longest that the settings allow. */
const LONGEST_NAME = 'W'.repeat(40)
const LONGEST_DOMAIN = `${'a'.repeat(63)}.${'b'.repeat(32)}.com`

describe('an SMS', () => {
  it('says code, portal, purpose and how long it is good', () => {
    expect(sms().text).toBe('048151 is your Acme Client Portal login code, good for 5 minutes. Never share it.')
    expect(sms({ lifetimeMinutes: 1 }).text).toContain('good for 1 minute.')
  })

  it('says what it is for, differently for each purpose', () => {
    const texts = purposes.map(purpose => sms({ purpose }).text)
    expect(new Set(texts).size).toBe(purposes.length)
    for (const text of texts) expect(text).toMatch(/^048151 is your .*code/)
  })

  it("goes to the number, under the destination's sender id", () => {
    expect(sms({}, { senderId: 'ACME', from: 'x@acme.example' })).toMatchObject({
      channel: 'sms',
      to: '+14155552671',
      senderId: 'ACME',
    })
    expect(sms().senderId).toBeNull()
  })

  it('ends with the line for autofill, where a domain is set', () => {
    const lines = sms({ autofillDomain: 'portal.acme.example' }).text.split('\n')
    expect(lines.at(-1)).toBe('@portal.acme.example #048151')
    expect(lines[0]).toMatch(/^048151 is your/)
  })

  it('INJ-2: has no link, no @ and no # without one', () => {
    for (const purpose of purposes) expect(sms({ purpose }).text).not.toMatch(/[@#]|:\/\/|www|\w\.\w/)
  })

  it('leaves words out, then the name, rather than to become two', () => {
    const { text } = sms({ displayName: LONGEST_NAME, code: '0123456789', autofillDomain: LONGEST_DOMAIN })
    expect(LONGEST_DOMAIN).toHaveLength(100)
    expect(text).toBe(`0123456789 is your login code.\n\n@${LONGEST_DOMAIN} #0123456789`)
    const shorter = sms({ displayName: LONGEST_NAME, autofillDomain: `${'a'.repeat(60)}.example` })
    expect(shorter.text).toContain(`048151 is your ${LONGEST_NAME} login code.\n`)
    expect(shorter.text).not.toContain('minutes')
  })

  it('spells a name without the accents that GSM-7 lacks', () => {
    expect(sms({ displayName: 'Società Čapek & Łódź' }).text).toContain('Società Capek & Lodz')
    expect(sms({ displayName: 'Müller Straße' }).text).toContain('Müller Straße')
  })

  it('leaves out a name that GSM-7 cannot spell', () => {
    for (const displayName of ['株式会社アクメ', 'Портал', 'Acme 株式会社', 'بوابة']) {
      expect(sms({ displayName }).text).toBe('048151 is your login code.')
    }
  })

  it('INJ-2: makes no link of letters that read like one', () => {
    // U+2488 is `1.` in one character: `acme⒈com` would reach the phone as acme1.com
    expect(sms({ displayName: 'acme⒈com' }).text).toContain(' acme1com ')
    expect(sms({ displayName: '🄁evil' }).text).toContain(' 0evil ')
  })
})

describe('an email', () => {
  it('keeps the code out of its subject (it shows on locked screens)', () => {
    for (const purpose of purposes) expect(email({ purpose }).subject).not.toContain(facts.code)
  })

  it('says the same in text and HTML: who asked, the code, how long it is good, what to do if it was not you', () => {
    for (const purpose of purposes) {
      for (const body of [email({ purpose }).text, email({ purpose }).html]) {
        expect(body).toContain('Somebody has just')
        expect(body).toContain('Acme Client Portal')
        expect(body).toContain('048151')
        expect(body).toContain('good for 5 minutes')
        expect(body).toContain('If this was not you')
      }
    }
  })

  it('has the code on a line of its own in the text', () => {
    expect(
      email()
        .text.split('\n')
        .filter(line => line.trim() === '048151'),
    ).toHaveLength(1)
    expect(email().text).toMatch(/[^\n]\n$/)
  })

  it("is from the portal's name, at its own address or the service's", () => {
    expect(email()).toMatchObject({ to: 'ann@example.com', from: null, fromName: 'Acme Client Portal' })
    expect(email({}, { senderId: null, from: 'login@acme.example' }).from).toBe('login@acme.example')
  })

  it('loads nothing and links nowhere', () => {
    for (const purpose of purposes) {
      expect(email({ purpose }).html).not.toMatch(/<(a|img|link|script|style|iframe|form)\b|url\(|href|src=|https?:/i)
      expect(email({ purpose }).text).not.toMatch(/https?:|www\./)
    }
  })

  it('INJ-1: escapes what a name could bring into HTML', () => {
    const { html } = email({ displayName: `<img src=x> & "A" 'B'` })
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;img src=x&gt; &amp; &quot;A&quot; &#39;B&#39;')
  })

  it('keeps a name in any script', () => {
    const message = email({ displayName: '株式会社アクメ' })
    for (const part of [message.subject, message.text, message.html, message.fromName])
      expect(part).toContain('株式会社アクメ')
  })
})

describe('the language', () => {
  it('is English where there is no other', () => {
    for (const locale of ['en', 'en-GB', 'de', 'zh-Hant-TW', 'constructor', '']) {
      expect(sms({ locale }).text).toBe(sms().text)
      expect(email({ locale }).html).toContain('<html lang="en">')
    }
  })
})

describe('GSM-7', () => {
  it('counts septets as phones do', () => {
    expect(septets('')).toBe(0)
    expect(septets('Hello @ £ ñ Ω')).toBe(13)
    expect(septets('€{}[]~|^\\')).toBe(18)
    expect(septets('ç')).toBeNull()
    expect(septets('“')).toBeNull()
    expect(septets('😀')).toBeNull()
  })

  it('has 127 characters besides the escape, each once, and ten that take two septets', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
    expect(all.filter(character => septets(character) === 1)).toHaveLength(127)
    expect(all.filter(character => septets(character) === 2)).toHaveLength(10)
  })

  it('fits 160 in one segment', () => {
    expect(fitsOneSegment('a'.repeat(160))).toBe(true)
    expect(fitsOneSegment('a'.repeat(161))).toBe(false)
    expect(fitsOneSegment(`${'a'.repeat(159)}€`)).toBe(false)
    expect(fitsOneSegment('ł')).toBe(false)
  })

  it('spells letters as letters, or says that it cannot', () => {
    expect(spellInGsm7('Łukasz Œuvre ﬁn Ⅷ ａｂ１')).toBe('Lukasz OEuvre fin VIII ab1')
    expect(spellInGsm7('ĐđÐðĦħıŁłŒœÞþŦŧẞ')).toBe('DdDdHhiLlOEoeThthTtSS')
    expect(spellInGsm7('e\u0301te')).toBe('éte')
    expect(spellInGsm7('東京')).toBeNull()
    expect(spellInGsm7('a東')).toBeNull()
  })
})
