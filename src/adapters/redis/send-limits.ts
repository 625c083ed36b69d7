import type { LimitName, SendLimit } from '../../domain/limits.ts'
import type { Reserved, SendLimits } from '../../ports/send-limits.ts'
import { limitKeys } from './keys.ts'
import type { RedisConnection } from './open-redis.ts'
import { scripts } from './scripts.ts'

/**
 * ms at the start of a UTC day within which no send is given back to it, since it may have been reserved the day before.
 * Longer than any send takes from its reservation to its end.
 */
const DAY_GIVE_BACK_FROM_MS = 10_000

type Reservation = ['granted' | 'held' | 'refused', number]

/** One script's share of a limit: all its sliding windows, or one day. */
interface Part {
  name: LimitName
  limitKey: string
  perDay: boolean
  reserve(): Promise<Reservation>
  giveBack(): Promise<unknown>
}

/** Send limits in Redis: one script for each limit, all of them side by side, since they lie on different nodes. */
export function makeRedisSendLimits({ run }: RedisConnection): SendLimits {
  return {
    async reserve(sendId, limits) {
      const parts = limits.flatMap(limit => partsOf(sendId, limit))
      const results = await Promise.allSettled(parts.map(part => part.reserve()))
      const judged = judge(parts, results)
      if (!('granted' in judged) || !judged.granted)
        await Promise.allSettled(standing(parts, results).map(part => part.giveBack()))
      if (!('granted' in judged)) throw judged.failure
      return judged
    },

    async giveBack(sendId, limits) {
      await Promise.all(limits.flatMap(limit => partsOf(sendId, limit)).map(part => part.giveBack()))
    },

    async clear(limits) {
      const keys = limits.map(({ key }) => limitKeys(key))
      await Promise.all(keys.map(({ sent, day }) => run(scripts.clearLimit, [sent, day], [])))
    },
  }

  function partsOf(sendId: string, { name, key, windows }: SendLimit): Part[] {
    const { sent, day } = limitKeys(key)
    const sliding = windows.flatMap(window => ('seconds' in window ? [window.max, window.seconds * 1000] : []))
    const days = windows.filter(window => 'perUtcDay' in window)
    const inWindows: Part = {
      name,
      limitKey: key,
      perDay: false,
      reserve: () => run(scripts.reserveWindow, [sent], [sendId, ...sliding]),
      giveBack: () => run(scripts.giveBackWindow, [sent], [sendId]),
    }
    const inDays = days.map(
      ({ max }): Part => ({
        name,
        limitKey: key,
        perDay: true,
        reserve: () => run(scripts.reserveDay, [day], [max]),
        giveBack: () => run(scripts.giveBackDay, [day], [DAY_GIVE_BACK_FROM_MS]),
      }),
    )
    return sliding.length > 0 ? [inWindows, ...inDays] : inDays
  }
}

type Results = PromiseSettledResult<Reservation>[]

/** The first that was refused, in the order of the limits; a failure counts before that, since nothing is known then. */
function judge(parts: Part[], results: Results): Reserved | { failure: unknown } {
  const used: Record<string, number> = {}
  let refusal: Reserved | undefined
  for (const [index, part] of parts.entries()) {
    const result = results[index]
    if (result?.status !== 'fulfilled') return { failure: result?.reason }
    const [outcome, number] = result.value
    if (outcome !== 'refused') used[part.limitKey] ??= number
    else refusal ??= { granted: false, refused: part.name, retryAfterSeconds: Math.max(1, Math.ceil(number / 1000)) }
  }
  return refusal ?? { granted: true, used }
}

/** What has to be given back: all that was granted, and of what failed what can be given back without having been granted. */
const standing = (parts: Part[], results: Results): Part[] =>
  parts.filter((part, index) => {
    const result = results[index]
    return result?.status === 'fulfilled' ? result.value[0] === 'granted' : !part.perDay
  })
