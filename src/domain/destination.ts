/** Where a code may be sent: reads what a person typed, or refuses it. */
import { getCountries } from 'libphonenumber-js/max'
import { parseEmailAddress } from './email-address.ts'
import { MfaError } from './errors.ts'
import { type Method, methods } from './methods/index.ts'
import type { Channel } from './methods/method.ts'
import { parsePhoneNumber, phonePrefix } from './phone.ts'

/**
 * ISO 3166-1 alpha-2 codes of the countries with a numbering plan that we know, Kosovo's user-assigned XK included.
 * AC and TA are reserved codes of two islands of SH, no countries.
 */
export const countryCodes = getCountries().filter(code => code !== 'AC' && code !== 'TA') as string[] as [
  string,
  ...string[],
]

export interface ParsedDestination {
  /** What messages are sent to: E.164, or the address with its local part as typed. */
  destination: string
  /**
   * Country of a number, one of `countryCodes`; null for an address. The number alone decides it, never a claim: numbers
   * of a block that two countries share count as the larger one's.
   */
  country: string | null
  /** What answers and events may show: the last 2 digits, or first letter and domain. */
  masked: string
  /** What limits and sameness are keyed by: one for all spellings. Never sent to. */
  canonical: string
  /** E.164 without its last 4 digits, the block that pumping walks through; null for an address. */
  prefix: string | null
}

const parsers: Record<Channel, (input: string, country: string | null) => ParsedDestination | null> = {
  sms: (input, country) => {
    const number = parsePhoneNumber(input, country)
    if (!number || !countryCodes.includes(number.country)) return null
    return {
      destination: number.e164,
      country: number.country,
      masked: maskPhoneNumber(number.e164),
      canonical: number.e164,
      prefix: phonePrefix(number.e164),
    }
  },
  email: input => {
    const address = parseEmailAddress(input)
    if (!address) return null
    const { localPart, domain, canonical } = address
    return {
      destination: `${localPart}@${domain}`,
      country: null,
      masked: `${localPart.slice(0, 1)}***@${domain}`,
      canonical,
      prefix: null,
    }
  },
}

/** As many stars whatever the length, and no country: design.md section 4 shows the last 2 digits and nothing more. */
const maskPhoneNumber = (e164: string): string => `******${e164.slice(-2)}`

/**
 * One plain mobile number or email address. A number is strict E.164, or with `country` national digits and the
 * punctuation people write; `country` must then be the number's own. For an address `country` means nothing.
 * Whether the portal sends to that country is for the caller to ask.
 * @throws MfaError `destination_invalid` for everything else
 */
export function parseDestination(method: Method, input: string, country: string | null): ParsedDestination {
  const parsed = parsers[methods[method].channel](input, country)
  if (!parsed) throw new MfaError('destination_invalid')
  return parsed
}
