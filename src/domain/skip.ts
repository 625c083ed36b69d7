/** "Skip for now": when a remembered skip counts, and when another may be made. */
import type { ContactSnapshot } from './contact.ts'

const DAY_MS = 86_400_000

/** Skips made in the present epoch; those before MFA was last turned on are forgotten. */
export const skipsMade = ({ contact, portal }: ContactSnapshot): number =>
  contact && contact.skipsEpoch >= portal.validFrom.enabled ? contact.skips : 0

/** The remembered skip, unless MFA was turned off and on since. It may no longer count. */
export const rememberedSkip = ({ contact, portal }: ContactSnapshot) =>
  contact?.skip && contact.skip.epoch >= portal.validFrom.enabled ? contact.skip : null

/** How many more skips may be made; null: any number. */
export function skipsLeft(snapshot: ContactSnapshot): number | null {
  const { skipsMax } = snapshot.portal.settings.optOut
  return skipsMax === null ? null : Math.max(0, skipsMax - skipsMade(snapshot))
}

/** Whether the portal's opt-out is open at this moment. */
function optOutOpen({ portal, now }: ContactSnapshot): boolean {
  const { allowed, endsAt } = portal.settings.optOut
  return allowed && (endsAt === null || now.getTime() < Date.parse(endsAt))
}

/** Until when a skip made at `at` counts under today's settings; null: without end. */
export function skipUntil({ portal }: ContactSnapshot, at: Date): Date | null {
  const { rememberDays, endsAt } = portal.settings.optOut
  const ends = [
    ...(rememberDays === null ? [] : [at.getTime() + rememberDays * DAY_MS]),
    ...(endsAt === null ? [] : [Date.parse(endsAt)]),
  ]
  return ends.length ? new Date(Math.min(...ends)) : null
}

/** The skip that counts now, under today's settings. */
export function validSkip(snapshot: ContactSnapshot) {
  const skip = rememberedSkip(snapshot)
  if (!skip || !optOutOpen(snapshot)) return null
  const until = skipUntil(snapshot, skip.at)
  return until === null || snapshot.now < until ? skip : null
}

/** Whether the enrollment step may be skipped now. */
export const canSkip = (snapshot: ContactSnapshot): boolean => optOutOpen(snapshot) && skipsLeft(snapshot) !== 0
