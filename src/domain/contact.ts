/** A contact, its factors, and what of them counts under the portal's settings of this moment. */
import type { ContactId, FactorId, OrganizationId } from './ids.ts'
import type { Method } from './methods/index.ts'
import type { Portal } from './settings.ts'

export interface Factor {
  factorId: FactorId
  method: Method
  /** Country of the number; null for an address. */
  country: string | null
  epoch: number
  destinationSealed: string
  destinationMasked: string
  confirmedAt: Date
  /** When it was last proved. */
  usedAt: Date | null
  /** Set by the hard cap; only a reset helps. */
  disabledAt: Date | null
}

export interface Skip {
  at: Date
  epoch: number
}

export interface Contact {
  contactId: ContactId
  organizationId: OrganizationId
  /** Redrawn by confirm, reset and erase: what carries an older one is void. */
  ticket: string
  lockedUntil: Date | null
  skip: Skip | null
  /** Skips since the last reset, and the epoch they were counted in. */
  skips: number
  skipsEpoch: number
  /** Set by a reset, cleared by the next confirm or skip. */
  resetAt: Date | null
}

/** What of a contact counts today. */
export const contactStatuses = ['enrolled', 'skipped', 'not_enrolled'] as const
export type ContactStatus = (typeof contactStatuses)[number]

/** All that a decision needs, as one consistent reading of the database; `now` is the database's own clock. */
export interface ContactSnapshot {
  now: Date
  portal: Portal
  /** Null: never seen. */
  contact: Contact | null
  /** The last proved first. */
  factors: Factor[]
}

/** Whether something of this method, country and epoch still counts. The SQL function `factor_counts` says the same. */
export function methodCounts(portal: Portal, of: { method: Method; country: string | null; epoch: number }): boolean {
  const { settings, validFrom } = portal
  if (!settings.methods.includes(of.method) || of.epoch < (validFrom.methods[of.method] ?? 0)) return false
  if (of.country === null) return true
  return settings.sms.allowedCountries.includes(of.country) && of.epoch >= (validFrom.countries[of.country] ?? 0)
}

/** Factors that count; disabled ones among them, since the hard cap never opens enrollment. */
export const countingFactors = (snapshot: ContactSnapshot): Factor[] =>
  snapshot.factors.filter(factor => methodCounts(snapshot.portal, factor))

/** Seconds until the contact's lock ends, or null. Rounded up, so that waiting as long is enough. */
export function lockedForSeconds(snapshot: ContactSnapshot): number | null {
  const left = (snapshot.contact?.lockedUntil?.getTime() ?? 0) - snapshot.now.getTime()
  return left > 0 ? Math.ceil(left / 1000) : null
}
