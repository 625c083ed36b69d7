import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mailbox } from '../../src/adapters/aws/mailbox.ts'

const ADDRESS = 'codes@mfa.example'

/** What a mail reader shows (RFC 2047 §6.2: the space between encoded words is not part of the name). */
const shown = (header: string): string =>
  [...header.matchAll(/=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=/g)]
    .map(([, word]) => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(word ?? '', 'base64')))
    .join('')

it('quotes an ASCII name', () => {
  expect(mailbox('Acme Client Portal', ADDRESS)).toBe(`"Acme Client Portal" <${ADDRESS}>`)
})

it('INJ-1: keeps quotes and backslashes inside the quotes', () => {
  // a name that closes its quotes could name another address
  expect(mailbox('a" <thief@evil.example> \\', ADDRESS)).toBe(`"a\\" <thief@evil.example> \\\\" <${ADDRESS}>`)
})

it('encodes any other name, each word at most 75 characters and decodable by itself', () => {
  for (const name of [
    'Kanzlei Müller & Söhne',
    '株式会社アクメ顧客ポータル'.repeat(3),
    'بوابة العملاء',
    '𝔄'.repeat(40),
  ]) {
    const header = mailbox(name, ADDRESS)
    expect(header).toMatch(/^[\x20-\x7e]+$/)
    expect(header.endsWith(` <${ADDRESS}>`)).toBe(true)
    for (const word of header.split(' ').slice(0, -1)) expect(word.length).toBeLessThanOrEqual(75)
    expect(shown(header)).toBe(name)
  }
})

it('INJ-1: is one line of printable ASCII with one address, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), name => {
      const header = mailbox(name, ADDRESS)
      expect(header).toMatch(/^[\x20-\x7e]+$/)
      expect(header).toMatch(
        /^("([^"\\]|\\.)*"|=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=( =\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=)*) <codes@mfa\.example>$/,
      )
    }),
  )
})
