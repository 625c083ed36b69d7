import { isGuessing, looksAgainAfter } from '../domain/guessing.ts'
import type { PortalId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import type { Verdict } from '../ports/settlement.ts'
import { type Call, eventContext } from './call.ts'

/** Told of every verdict after it was settled; never holds one up, and never fails. */
export type WatchGuesses = (call: Call, portalId: PortalId, outcome: Verdict['outcome']) => void

/** Wrong ones make this instance look, now and then, at what all instances have settled. */
export function makeWatchGuesses({ guesses, meter, random }: Ports): WatchGuesses {
  const lookAfter = new Map<PortalId, number>()

  async function look(call: Call, portalId: PortalId): Promise<void> {
    const count = await guesses.count(portalId)
    lookAfter.set(portalId, looksAgainAfter(count))
    if (!isGuessing(count)) return
    const begun = await guesses.guard(portalId, count, eventContext(call, random))
    if (begun) meter.count('mfa_guessing_suspected_total', {})
  }

  return (call, portalId, outcome) => {
    if (outcome === 'verified') return
    const left = (lookAfter.get(portalId) ?? 1) - 1
    lookAfter.set(portalId, left)
    if (left === 0) look(call, portalId).catch(() => lookAfter.set(portalId, 1))
  }
}
