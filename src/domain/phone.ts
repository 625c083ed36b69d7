/** Mobile numbers: strict where libphonenumber is generous (it reads Arabic digits, bidi marks, `tel:`, extensions). */
import parse, { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'

export interface MobileNumber {
  e164: string
  country: CountryCode
}

/** ITU-T E.164 §6.2.1: at most 15 digits, none of them a leading zero. */
const e164Pattern = /^\+[1-9]\d{6,14}$/

/** National numbers as written by hand; the longest of them, with its punctuation, stays below 32 characters. */
const nationalPattern = /^[\d ()\-./]{3,32}$/

/** Countries whose mobile numbers come from a larger neighbour's blocks and cannot be told apart from them. */
const sharedMobilePlans: Readonly<Partial<Record<CountryCode, CountryCode>>> = {
  AX: 'FI',
  BL: 'GP',
  CC: 'AU',
  CX: 'AU',
  EH: 'MA',
  IM: 'GB',
  MF: 'GP',
  SJ: 'NO',
  VA: 'IT',
}

/**
 * The mobile number that `input` spells, or null. Fixed lines, premium, shared-cost, satellite, VoIP and personal numbers
 * are null; so is a number of another country than `country`.
 */
export function parsePhoneNumber(input: string, country: string | null): MobileNumber | null {
  if (country !== null && !isSupportedCountry(country)) return null
  const international = e164Pattern.test(input)
  if (!international && (country === null || !nationalPattern.test(input))) return null
  const number = international
    ? parse(input, { extract: false })
    : parse(input.replace(/\D/g, ''), { defaultCountry: country as CountryCode, extract: false })
  if (!number?.country || !number.isValid() || !e164Pattern.test(number.number)) return null
  // +44 0 7400 … would be read as +44 7400 …: two spellings of one number
  if (international && number.number !== input) return null
  const type = number.getType()
  if (type !== 'MOBILE' && type !== 'FIXED_LINE_OR_MOBILE') return null
  if (country !== null && country !== number.country && sharedMobilePlans[country] !== number.country) return null
  return { e164: number.number, country: number.country }
}

/** The block of 10 000 numbers that `e164` belongs to. */
export const phonePrefix = (e164: string): string => e164.slice(0, -4)
