/** Where a code goes, and under which limits: the same for a start and a resend. */
import type { CodeBinding, CodeTarget, PendingFactor } from '../domain/code.ts'
import type { Factor } from '../domain/contact.ts'
import type { ContactRef } from '../domain/ids.ts'
import {
  contactLimit,
  destinationLimit,
  factorLimit,
  portalDayLimit,
  prefixLimit,
  prefixUnconfirmedLimit,
  type SendLimit,
} from '../domain/limits.ts'
import type { Method } from '../domain/methods/index.ts'
import type { Portal } from '../domain/settings.ts'
import type { Ports } from '../ports/ports.ts'

export interface CodeToSend {
  binding: CodeBinding
  target: CodeTarget
  portal: Portal
  /** In clear, for the message alone. */
  destination: string
  country: string | null
  locale: string | undefined
  /** Narrowest first. */
  limits: SendLimit[]
}

/** A challenge's. */
export function toFactor(
  { secrecy }: Ports,
  ref: ContactRef,
  portal: Portal,
  factor: Factor,
): Omit<CodeToSend, 'binding' | 'locale'> {
  const { factorId, method, destinationMasked, country } = factor
  return {
    portal,
    country,
    target: { factorId, method, destinationMasked },
    destination: secrecy.open(factor.destinationSealed, { ...ref, factorId }),
    limits: [factorLimit(ref.portalId, factorId), contactLimit(ref), ...dayLimit(portal, method, false)],
  }
}

/** An enrollment's. */
export function toNewDestination(
  portal: Portal,
  ref: ContactRef,
  method: Method,
  { destinationIndex, prefixIndex, country }: PendingFactor,
  destination: string,
): Omit<CodeToSend, 'binding' | 'locale' | 'target'> {
  const prefix = prefixIndex
    ? [prefixUnconfirmedLimit(ref.portalId, prefixIndex), prefixLimit(ref.portalId, prefixIndex)]
    : []
  const limits = [destinationLimit(destinationIndex), contactLimit(ref), ...prefix, ...dayLimit(portal, method, true)]
  return { portal, destination, country, limits }
}

/** The portal's day counts SMS alone. */
const dayLimit = (portal: Portal, method: Method, enrollment: boolean): SendLimit[] =>
  method === 'sms' ? [portalDayLimit(portal.portalId, portal.limits.dailyMessagesMax, enrollment)] : []
