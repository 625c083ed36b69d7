/** The portal's SMS of one UTC day: the one quota that belongs to the caller itself. */
import type { SendLimit } from '../domain/limits.ts'

const DAY_SECONDS = 86_400

/** What is left of it after a send. */
export interface Quota {
  /** Sends a UTC day; for enrollments their share of it. */
  max: number
  left: number
  /** Seconds until the next UTC day. */
  resetSeconds: number
}

/** `used`: sends per limit key, as reserved; `now`: the clock of their store. Null: this send counts against no day. */
export function quotaOfDay(limits: readonly SendLimit[], used: Record<string, number>, now: Date): Quota | null {
  const limit = limits.find(({ name }) => name === 'portal_day')
  const max = limit?.windows[0]?.max
  const count = limit && used[limit.key]
  if (max === undefined || count === undefined) return null
  const secondOfDay = Math.floor(now.getTime() / 1000) % DAY_SECONDS
  return { max, left: Math.max(0, max - count), resetSeconds: DAY_SECONDS - secondOfDay }
}
