import { type getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { countryCodes, parseDestination } from '../../src/domain/destination.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { Method } from '../../src/domain/methods/index.ts'

/** The parsed destination, or the code of the refusal. */
function read(method: Method, input: string, country: string | null = null) {
  try {
    return parseDestination(method, input, country)
  } catch (error) {
    return error instanceof MfaError ? error.code : error
  }
}

const hugeInputs = ['1', '+', '(', ' ', '-', 'a', 'a.', 'a@', '@', '.', '"', '\\', '+1', '٤', 'a-'].flatMap(unit => [
  unit.repeat(100_000 / unit.length),
  `+1${unit.repeat(100_000 / unit.length)}x`,
  `a@${unit.repeat(100_000 / unit.length)}!`,
])

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

  /** PHONE-1: each spelling that passes limits as another number is another message to the same phone. */
  const american: [string, string | null][] = [
    ['+14155552671', null],
    ['+14155552671', 'US'],
    ['4155552671', 'US'],
    ['14155552671', 'US'],
    ['(415) 555-2671', 'US'],
    ['(415)555-2671', 'US'],
    ['415-555-2671', 'US'],
    ['415.555.2671', 'US'],
    ['415/555/2671', 'US'],
    ['415 555 2671', 'US'],
    ['  415  555  2671  ', 'US'],
    ['1 (415) 555-2671', 'US'],
    ['1-415-555-2671', 'US'],
    ['1.415.555.2671', 'US'],
    ['(1) 415 555 2671', 'US'],
    ['41-55-55-26-71', 'US'],
    ['011 1 415 555 2671', 'US'],
  ]
  it.each(american)('PHONE-1: is one number however it is spelled: %j with %s', (input, country) => {
    expect(read('sms', input, country)).toMatchObject({ canonical: '+14155552671', destination: '+14155552671' })
  })

  const refused: [string, string | null, string][] = [
    ['', null, 'nothing'],
    ['', 'US', 'nothing'],
    ['4155552671', null, 'national without a country'],
    ['14155552671', null, 'no plus'],
    ['0014155552671', null, 'dialled prefix'],
    ['+1 415 555 2671', null, 'international with spaces'],
    ['+1 415 555 2671', 'US', 'international with spaces'],
    ['+1-415-555-2671', 'US', 'international with hyphens'],
    ['+1(415)5552671', 'US', 'international with brackets'],
    ['++14155552671', null, 'two pluses'],
    ['+014155552671', null, 'leading zero'],
    ['+4407400123456', null, 'national zero kept'],
    ['+44(0)7400123456', 'GB', 'national zero in brackets'],
    [' +14155552671', null, 'space before'],
    ['+14155552671 ', null, 'space after'],
    ['+14155552671\n', null, 'line break after'],
    ['+14155552671\r\n+447400123456', null, 'two lines'],
    ['4155552671\n', 'US', 'line break after a national number'],
    ['+14155552671,+447400123456', null, 'two numbers'],
    ['4155552671 4155552672', 'US', 'two national numbers'],
    ['+14155552671;ext=5', null, 'extension'],
    ['+14155552671 ext. 5', null, 'extension'],
    ['4155552671x5', 'US', 'extension'],
    ['4155552671 #5', 'US', 'extension'],
    ['4155552671,5', 'US', 'pause'],
    ['tel:+14155552671', null, 'tel:'],
    ['tel:4155552671;phone-context=+1', 'US', 'tel: with context'],
    ['sms:+14155552671', null, 'sms:'],
    ['+1415555CODE', null, 'letters'],
    ['415-555-CODE', 'US', 'letters'],
    ['+١٤١٥٥٥٥٢٦٧١', null, 'Arabic digits'],
    ['٤١٥٥٥٥٢٦٧١', 'US', 'Arabic national digits'],
    ['+۱۴۱۵۵۵۵۲۶۷۱', null, 'Persian digits'],
    ['+१४१५५५५२६७१', null, 'Devanagari digits'],
    ['+1415555267１', null, 'fullwidth digit'],
    ['\uff0b14155552671', null, 'fullwidth plus'],
    ['+1\u200b4155552671', null, 'zero-width space'],
    ['+14155552671\u200b', null, 'zero-width space after'],
    ['\ufeff+14155552671', null, 'byte order mark'],
    ['\u202a+14155552671\u202c', null, 'bidi marks of a copied contact'],
    ['415\u202e5552671', 'US', 'bidi override'],
    ['415\u00a0555\u00a02671', 'US', 'no-break spaces'],
    ['415\u2011555\u20112671', 'US', 'no-break hyphens'],
    ['415–555–2671', 'US', 'dashes'],
    ['415\t5552671', 'US', 'tab'],
    ['415\u00005552671', 'US', 'NUL'],
    ['+1415555267', null, 'too short'],
    ['+141555526711', null, 'too long'],
    ['+1415555267111111', null, 'more than 15 digits'],
    ['+10005552671', null, 'no such area'],
    ['+999123456789', null, 'no such country'],
    ['+14155552671', 'CA', 'another country than said'],
    ['4155552671', 'CA', 'another country than said'],
    ['011447400123456', 'US', 'abroad through the national plan'],
    ['+447400123456', 'JE', 'another country that shares the code'],
    ['+14155552671', 'us', 'country in lower case'],
    ['+14155552671', 'USA', 'three letters'],
    ['+14155552671', 'AC', 'no country of ours'],
    ['+14155552671', '__proto__', 'no country'],
    ['+14155552671', '', 'empty country'],
    ['+19005550123', null, 'premium'],
    ['+449098790000', null, 'premium'],
    ['+18005550123', null, 'free-phone'],
    ['+448431234567', null, 'shared cost'],
    ['+881612345678', null, 'satellite'],
    ['+870773111632', null, 'Inmarsat'],
    ['+882161234567', null, 'international network'],
    ['+883510012345', null, 'international VoIP'],
    ['+80012345678', null, 'international free-phone'],
    ['+442079460958', null, 'fixed line'],
    ['+4930123456', null, 'fixed line'],
    ['+445612345678', null, 'VoIP'],
    ['+447012345678', null, 'personal number'],
    ['+447640123456', null, 'pager'],
    ['911', 'US', 'emergency'],
    ['112', 'DE', 'emergency'],
    ['72404', 'US', 'short code'],
    ['+24740123', null, 'an island that is no country of ours'],
    ['user@example.com', null, 'an address'],
  ]
  it.each(refused)('PHONE-1, PHONE-2: is refused: %j with %s (%s)', (input, country) => {
    expect(read('sms', input, country)).toBe('destination_invalid')
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

  const refused: [string, string][] = [
    ['', 'nothing'],
    ['ann', 'no @'],
    ['@example.com', 'no local part'],
    ['ann@', 'no domain'],
    ['ann@@example.com', 'two @'],
    ['ann@evil.example@example.com', 'two @'],
    ['ann@example.com,thief@evil.example', 'two addresses'],
    ['ann@example.com;thief@evil.example', 'two addresses'],
    ['ann@example.com thief@evil.example', 'two addresses'],
    ['ann,thief@evil.example', 'comma'],
    ['Ann <ann@example.com>', 'display name'],
    ['<ann@example.com>', 'angle brackets'],
    ['mailto:ann@example.com', 'mailto:'],
    ['"ann"@example.com', 'quotes'],
    ['"ann@evil.example"@example.com', 'quotes'],
    ['ann(comment)@example.com', 'comment'],
    ['ann@example.com(comment)', 'comment'],
    ['team: ann@example.com;', 'group'],
    ['ann\\@example.com', 'backslash'],
    [' ann@example.com', 'space before'],
    ['ann@example.com ', 'space after'],
    ['an n@example.com', 'space'],
    ['ann@exam ple.com', 'space'],
    ['ann\t@example.com', 'tab'],
    ['ann@example.com\n', 'line break after'],
    ['ann@example.com\r\nBcc: thief@evil.example', 'header'],
    ['ann\u0000@example.com', 'NUL'],
    ['ann\u007f@example.com', 'DEL'],
    ['.ann@example.com', 'dot first'],
    ['ann.@example.com', 'dot last'],
    ['an..n@example.com', 'two dots'],
    ['ann@example', 'one label'],
    ['ann@localhost', 'one label'],
    ['ann@.example.com', 'empty label'],
    ['ann@example..com', 'empty label'],
    ['ann@example.com.', 'root dot'],
    ['ann@-example.com', 'hyphen first'],
    ['ann@example-.com', 'hyphen last'],
    ['ann@exa_mple.com', 'underscore'],
    ['ann@[192.0.2.1]', 'address literal'],
    ['ann@[IPv6:2001:db8::1]', 'address literal'],
    ['ann@192.0.2.1', 'IPv4 address'],
    ['ann@example.123', 'numeric top level'],
    ['mıke@example.com', 'dotless i in the local part'],
    ['mi\u212Ae@example.com', 'Kelvin sign, a k in lower case'],
    ['mike@\u212Aing.example', 'Kelvin sign in the domain'],
    ['mike@bi\u212Ae.example', 'Kelvin sign within the domain'],
    ['mike@gıthub.example', 'dotless i in the domain'],
    ['ann@müller.example', 'Unicode domain'],
    ['ann@例え.jp', 'Unicode domain'],
    ['ann@example。com', 'ideographic full stop'],
    ['ann＠example.com', 'fullwidth @'],
    ['ann﹫example.com', 'small @'],
    ['ann\u200b@example.com', 'zero-width space'],
    ['\u202eann@example.com', 'bidi override'],
    [`${'a'.repeat(65)}@example.com`, 'local part of 65'],
    [`a@${'a'.repeat(64)}.com`, 'label of 64'],
    [`a@${'a.'.repeat(126)}com`, '257 characters'],
    ['+14155552671', 'a number'],
  ]
  it.each(refused)('EMAIL-1, EMAIL-3: is refused: %j (%s)', input => {
    expect(read('email', input)).toBe('destination_invalid')
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

it('REDOS-1: 100 kB of hostile input is refused like any other', () => {
  // a test that hangs is the failure: nothing here is timed
  for (const input of hugeInputs) {
    expect(read('sms', input)).toBe('destination_invalid')
    expect(read('sms', input, 'US')).toBe('destination_invalid')
    expect(read('email', input)).toBe('destination_invalid')
  }
})
