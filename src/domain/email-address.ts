/** Email addresses: exactly one plain addr-spec. Split by hand, length first, so that no input costs more than a glance. */

export interface EmailAddress {
  /** As typed: only the mailbox's own server may say that two spellings are one. */
  localPart: string
  /** Lower case, A-labels. */
  domain: string
  /** Both parts in lower case and the +tag gone, so that tags do not multiply one mailbox. */
  canonical: string
}

/** RFC 5321 §4.5.3.1: local part 64 octets, path 256 with its two brackets. */
const ADDRESS_LENGTH_MAX = 254
const LOCAL_PART_LENGTH_MAX = 64

/** RFC 5322 atext. ASCII only: SES knows no SMTPUTF8, and `mıke@` must never meet `mike@`. */
const atomPattern = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/

/** RFC 1035 §2.3.1 and RFC 1123 §2.1; an internationalised label comes as its A-label `xn--…`. */
const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** The address that `input` is, or null: no display name, quotes, comments, lists, Unicode, address literals. */
export function parseEmailAddress(input: string): EmailAddress | null {
  if (input.length > ADDRESS_LENGTH_MAX) return null
  const [localPart, typedDomain, ...more] = input.split('@')
  if (localPart === undefined || typedDomain === undefined || more.length > 0) return null
  if (localPart.length > LOCAL_PART_LENGTH_MAX || !localPart.split('.').every(atom => atomPattern.test(atom)))
    return null
  // lower-cased after the ASCII check: U+212A would turn into a `k`
  if (!/^[A-Za-z0-9.-]+$/.test(typedDomain)) return null
  const domain = typedDomain.toLowerCase()
  return isHostName(domain)
    ? { localPart, domain, canonical: `${withoutTag(localPart.toLowerCase())}@${domain}` }
    : null
}

/** At least two labels, the last not all digits (that would be an IPv4 address). */
function isHostName(domain: string): boolean {
  const labels = domain.split('.')
  return labels.length >= 2 && labels.every(label => labelPattern.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const withoutTag = (localPart: string): string => {
  const plus = localPart.indexOf('+')
  return plus > 0 ? localPart.slice(0, plus) : localPart
}
