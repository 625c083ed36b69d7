import type { LimitWindow, SendLimit } from '../../domain/limits.ts'
import type { SendLimits } from '../../ports/send-limits.ts'
import { makeExpiringMap } from './expiring-map.ts'

const DAY_MS = 86_400_000
/** At the start of a day nothing is given back to it: the send may have been reserved the day before. */
const DAY_GIVE_BACK_FROM_MS = 10_000

interface Held {
  /** Send id to the ms at which it was reserved, in that order. */
  sends: Map<string, number>
  day: number
  usedOfDay: number
}

/** Send limits in this process. `now`: ms, the clock that judges windows and days. */
export function makeMemorySendLimits(now: () => number): SendLimits {
  const held = makeExpiringMap<Held>(now)

  return {
    async reserve(sendId, limits) {
      const at = now()
      for (const limit of limits) {
        const waits = limit.windows.map(window => waitMs(heldBy(limit, at), sendId, window, at))
        const wait = Math.max(...waits)
        if (wait > 0) return { granted: false, refused: limit.name, retryAfterSeconds: Math.ceil(wait / 1000) }
      }
      const used: Record<string, number> = {}
      for (const limit of limits) used[limit.key] = add(limit, sendId, at)
      return { granted: true, used }
    },

    async giveBack(sendId, limits) {
      const at = now()
      for (const limit of limits) {
        const entry = heldBy(limit, at)
        entry.sends.delete(sendId)
        if (at % DAY_MS >= DAY_GIVE_BACK_FROM_MS) entry.usedOfDay = Math.max(0, entry.usedOfDay - 1)
      }
    },

    async clear(limits) {
      for (const { key } of limits) held.delete(key)
    },
  }

  function heldBy({ key, windows }: SendLimit, at: number): Held {
    const entry = held.get(key) ?? { sends: new Map(), day: dayOf(at), usedOfDay: 0 }
    for (const [id, reservedAt] of entry.sends) if (reservedAt <= at - longestMs(windows)) entry.sends.delete(id)
    return entry.day === dayOf(at) ? entry : { ...entry, day: dayOf(at), usedOfDay: 0 }
  }

  /** Returns what the limit's first window holds then. */
  function add(limit: SendLimit, sendId: string, at: number): number {
    const entry = heldBy(limit, at)
    if (!entry.sends.has(sendId)) entry.sends.set(sendId, at)
    entry.usedOfDay += 1
    held.set(limit.key, entry, at + longestMs(limit.windows))
    const [first] = limit.windows
    return first && !isDay(first) ? inWindow(entry, first.seconds, at).length : entry.usedOfDay
  }
}

const isDay = (window: LimitWindow): window is Extract<LimitWindow, { perUtcDay: true }> => 'perUtcDay' in window
const dayOf = (at: number): number => Math.floor(at / DAY_MS)
const longestMs = (windows: readonly LimitWindow[]): number =>
  Math.max(...windows.map(window => (isDay(window) ? DAY_MS : window.seconds * 1000)))

const inWindow = (entry: Held, seconds: number, at: number): number[] =>
  [...entry.sends.values()].filter(reservedAt => reservedAt > at - seconds * 1000)

/** ms until this window has room for the send; 0: it has. */
function waitMs(entry: Held, sendId: string, window: LimitWindow, at: number): number {
  if (isDay(window)) return entry.usedOfDay < window.max ? 0 : (dayOf(at) + 1) * DAY_MS - at
  const sends = inWindow(entry, window.seconds, at)
  if (entry.sends.has(sendId) || sends.length < window.max) return 0
  const lastToLeave = sends[sends.length - window.max]
  return (lastToLeave ?? at) + window.seconds * 1000 - at
}
