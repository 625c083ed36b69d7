/** PUMP-1, PUMP-2: somebody earns from each SMS into a range of numbers, and has the portal send them by thousands of enrollments. */
import { beforeEach, describe, expect, it } from 'vitest'
import { makeMemorySendLimits } from '../../src/adapters/memory/send-limits.ts'
import { parseDestination } from '../../src/domain/destination.ts'
import type { ContactRef } from '../../src/domain/ids.ts'
import { portalDayLimit } from '../../src/domain/limits.ts'
import { defaultPortalLimits, type Portal } from '../../src/domain/settings.ts'
import type { SendLimits } from '../../src/ports/send-limits.ts'
import { toNewDestination } from '../../src/usecases/code-to-send.ts'

const HOUR_MS = 3_600_000
let now: number
let limits: SendLimits
beforeEach(() => {
  now = Date.UTC(2026, 2, 1)
  limits = makeMemorySendLimits(() => now)
})

const portal = (dailyMessagesMax: number, portalId = 'acme') =>
  ({ portalId, limits: { ...defaultPortalLimits, dailyMessagesMax } }) as Portal

/** The limits that an enrollment of this number passes, as the use case puts them together. */
const limitsOf = (of: Portal, contactId: string, number: string) => {
  const { canonical, prefix, country, masked } = parseDestination('sms', number, null)
  const pending = {
    destinationIndex: canonical,
    prefixIndex: prefix,
    country,
    destinationSealed: masked,
    provedBy: null,
  }
  return toNewDestination(of, { portalId: of.portalId, contactId } as ContactRef, 'sms', pending, number).limits
}

interface Run {
  sent: string[]
  refusedBy: Record<string, number>
}

/** One enrollment for each number, of a contact of its own. */
async function pump(of: Portal, numbers: readonly string[], pauseMs = 0): Promise<Run> {
  const run: Run = { sent: [], refusedBy: {} }
  for (const [at, number] of numbers.entries()) {
    const reserved = await limits.reserve(`${of.portalId}-${at}-${now}`, limitsOf(of, `c${at}`, number))
    if (reserved.granted) run.sent.push(number)
    else run.refusedBy[reserved.refused] = (run.refusedBy[reserved.refused] ?? 0) + 1
    now += pauseMs
  }
  return run
}

const block = (area: number, from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `+1${area}555${String(from + at).padStart(4, '0')}`)
const AREAS = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212]

describe('ten thousand enrollments', () => {
  it('PUMP-1: walking through one block of numbers send twenty messages an hour', async () => {
    const { sent, refusedBy } = await pump(portal(10_000), block(201, 0, 10_000))
    expect(sent).toEqual(block(201, 0, 20))
    expect(refusedBy).toEqual({ prefix: 9980 })
  })

  it('PUMP-1: spread over ten blocks and ten hours send twenty for each block and hour', async () => {
    const numbers = Array.from({ length: 1000 }, (_, at) => AREAS.map(area => block(area, at, 1)[0] ?? '')).flat()
    const { sent } = await pump(portal(10_000), numbers, (10 * HOUR_MS) / 10_000)
    for (const area of AREAS) {
      const of = sent.filter(number => number.startsWith(`+1${area}`))
      expect(of.length).toBeGreaterThanOrEqual(200)
      expect(of.length).toBeLessThanOrEqual(220)
    }
  })

  it('PUMP-1: over as many blocks as there are stop at 80 % of the day, and logins go on to the last message', async () => {
    const of = portal(1000)
    const numbers = Array.from(
      { length: 10_000 },
      (_, at) => `+1${AREAS[at % 10]}${230 + (Math.floor(at / 10) % 50)}${1000 + Math.floor(at / 500)}`,
    )
    expect(new Set(numbers).size).toBe(10_000)
    const { sent, refusedBy } = await pump(of, numbers)
    expect(sent).toHaveLength(800)
    expect(refusedBy).toEqual({ portal_day: 9200 })
    const login = (at: number) => limits.reserve(`login-${at}`, [portalDayLimit(of.portalId, 1000, false)])
    const logins = await Promise.all(Array.from({ length: 300 }, (_, at) => login(at)))
    expect(logins.filter(({ granted }) => granted)).toHaveLength(200)
  })

  it('PUMP-2: come all at once and reserve not one more than the day allows', async () => {
    const of = portal(100)
    const numbers = AREAS.flatMap(area => block(area, 0, 1000))
    const reserved = await Promise.all(
      numbers.map((number, at) => limits.reserve(`s${at}`, limitsOf(of, `c${at}`, number))),
    )
    expect(reserved.filter(({ granted }) => granted)).toHaveLength(80)
  })

  it('SEND-1: of one number through a thousand portals send five in ten minutes and twenty a day', async () => {
    let sent = 0
    for (let at = 0; at < 10_000; at++) {
      const of = portal(10_000, `portal-${at % 1000}`)
      if ((await limits.reserve(`s${at}`, limitsOf(of, `c${at}`, '+12015550123'))).granted) sent++
      if (at === 4999) expect(sent).toBe(5)
      if (at >= 5000) now += 4 * 60_000
      if (at === 5359) break
    }
    expect(sent).toBe(20)
  })
})
