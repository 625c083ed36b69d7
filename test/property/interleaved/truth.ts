/** The state that the port calls of a play lead to, by the words of the rules: what counts, what is void, what may be skipped. */
import type { ContactSnapshot } from '../../../src/domain/contact.ts'
import type { Portal } from '../../../src/domain/settings.ts'

export interface Standing {
  factors: { method: string; factorId: string; epoch: number }[]
  /** Null: redrawn, and nobody has seen the new one. */
  ticket: string | null
  /** Tickets that were redrawn. */
  voidTickets: Set<string>
  skipEpoch: number | null
}

export interface CodeTruth {
  /** When each of its codes dies by the test clock; real time makes them die no later. */
  ends: number[]
  /** Verdicts that the arbiter has given, and that were told. */
  judged: number
  told: number
  won: boolean
  sends: number
}

export interface Truth {
  portal: Pick<Portal, 'settings' | 'epoch'>
  /** The epoch from which something of a method counts, and a skip. */
  methodsFrom: Record<string, number>
  skipsFrom: number
  contacts: Record<string, Standing>
  codes: Record<string, CodeTruth>
  /** Events that must be there, by type. */
  events: Record<string, number>
}

export const newTruth = (portal: Truth['portal']): Truth => ({
  portal,
  methodsFrom: {},
  skipsFrom: 0,
  contacts: {},
  codes: {},
  events: {},
})

export function standingOf({ contacts }: Truth, contactId: string): Standing {
  contacts[contactId] ??= { factors: [], ticket: null, voidTickets: new Set(), skipEpoch: null }
  return contacts[contactId]
}

export function codeOf({ codes }: Truth, codeId: string): CodeTruth {
  codes[codeId] ??= { ends: [], judged: 0, told: 0, won: false, sends: 0 }
  return codes[codeId]
}

export const methodCounts = ({ portal, methodsFrom }: Truth, method: string, epoch: number): boolean =>
  portal.settings.enabled &&
  (portal.settings.methods as string[]).includes(method) &&
  epoch >= (methodsFrom[method] ?? 0)

export const countingFactors = (truth: Truth, contactId: string) =>
  standingOf(truth, contactId).factors.filter(({ method, epoch }) => methodCounts(truth, method, epoch))

export function skipCounts(truth: Truth, contactId: string): boolean {
  const { skipEpoch } = standingOf(truth, contactId)
  return truth.portal.settings.optOut.allowed && skipEpoch !== null && skipEpoch >= truth.skipsFrom
}

export function happened({ events }: Truth, type: string): void {
  events[type] = (events[type] ?? 0) + 1
}

/** Turned on: everything starts afresh. A method that comes back: what is of it does. */
export function settingsChanged(truth: Truth, next: Portal): void {
  const { settings: before } = truth.portal
  const turnedOn = next.settings.enabled && !before.enabled
  for (const method of next.settings.methods)
    if (turnedOn || !before.methods.includes(method)) truth.methodsFrom[method] = next.epoch
  if (turnedOn) truth.skipsFrom = next.epoch
  truth.portal = next
  happened(truth, 'settings.changed')
}

export function ticketSeen(truth: Truth, contactId: string, { contact }: ContactSnapshot): void {
  if (contact) standingOf(truth, contactId).ticket = contact.ticket
}

/** Confirmed or reset: whatever carries the ticket before is void. */
export function ticketRedrawn(standing: Standing, ticket: string | null): void {
  if (standing.ticket) standing.voidTickets.add(standing.ticket)
  standing.ticket = ticket
}
