/** A step-up: what lets a contact that is enrolled change its factors. */
import { type ContactSnapshot, countingFactors, methodCounts } from './contact.ts'
import type { Method } from './methods/index.ts'

/** The contact has proved its factor of this method, in this epoch. */
export interface Proof {
  method: Method
  epoch: number
}

export interface StepUp {
  /** The contact's ticket when it was proved. */
  ticket: string
  provedBy: Proof
}

/**
 * Whether a step-up is missing: a factor counts, and the one that was proved has not counted ever since (I7). The method
 * names that one, since under one ticket a contact never has two factors of a method: what makes another redraws the ticket.
 */
export function lacksStepUp(snapshot: ContactSnapshot, stepUp: StepUp | null): boolean {
  const { portal, contact } = snapshot
  const counting = countingFactors(snapshot)
  if (counting.length === 0) return false
  if (stepUp === null || stepUp.ticket !== contact?.ticket) return true
  const { method, epoch } = stepUp.provedBy
  return !counting.some(factor => factor.method === method && methodCounts(portal, { ...factor, epoch }))
}
