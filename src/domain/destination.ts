/** Where a code may be sent: reads what a person typed, or refuses it. */
import { getCountries } from 'libphonenumber-js/max'

/**
 * ISO 3166-1 alpha-2 codes of the countries with a numbering plan that we know, Kosovo's user-assigned XK included.
 * AC and TA are reserved codes of two islands of SH, no countries.
 */
export const countryCodes = getCountries().filter(code => code !== 'AC' && code !== 'TA') as string[] as [
  string,
  ...string[],
]
