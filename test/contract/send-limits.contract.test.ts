import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LimitName, LimitWindow, SendLimit } from '../../src/domain/limits.ts'
import type { Reserved, SendLimits } from '../../src/ports/send-limits.ts'
import { rows, type Stores } from './stores.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 86_400 * SECOND
const random = (): string => randomBytes(9).toString('base64url')
const newLimit = (name: LimitName, ...windows: LimitWindow[]): SendLimit => ({
  name,
  key: `t/acme/${random()}`,
  windows,
})
const newDay = (max: number): SendLimit => newLimit('portal_day', { max, perUtcDay: true })

describe.each(rows)('send limits: %s', (_name, open) => {
  let stores: Stores
  let limits: SendLimits
  beforeAll(async () => {
    stores = await open()
    limits = stores.sendLimits
    stores.toTimeOfDay(DAY / 2)
  }, 30_000)
  afterAll(() => stores?.close())

  const reserve = (...under: SendLimit[]) => limits.reserve(random(), under)
  const granted = (results: Reserved[]) => results.filter(result => result.granted).length

  /** How many sends the limit holds, itself unchanged by being asked. */
  async function usedOf(limit: SendLimit): Promise<number> {
    const sendId = random()
    const wide = { ...limit, windows: limit.windows.map(window => ({ ...window, max: 1_000_000 })) }
    const reserved = await limits.reserve(sendId, [wide])
    await limits.giveBack(sendId, [wide])
    return reserved.granted ? (reserved.used[limit.key] ?? 0) - 1 : Number.NaN
  }

  async function fill(limit: SendLimit, count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) expect((await reserve(limit)).granted).toBe(true)
  }

  it('grants up to the limit, counts this one, and then says which limit refused', async () => {
    const limit = newLimit('destination', { max: 3, seconds: 600 })
    for (const used of [1, 2, 3]) expect(await reserve(limit)).toEqual({ granted: true, used: { [limit.key]: used } })
    expect(await reserve(limit)).toMatchObject({ granted: false, refused: 'destination' })
  })

  it('tells a wait that is enough, and not much more', async () => {
    const limit = newLimit('contact', { max: 2, seconds: 600 })
    await fill(limit, 1)
    stores.advance(100 * SECOND)
    await fill(limit, 1)
    stores.advance(100 * SECOND)
    const refused = await reserve(limit)
    if (refused.granted) throw new Error('granted')
    expect(refused.retryAfterSeconds).toBeGreaterThan(390)
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(400)
    stores.advance((refused.retryAfterSeconds - 10) * SECOND)
    expect((await reserve(limit)).granted).toBe(false)
    stores.advance(10 * SECOND)
    expect((await reserve(limit)).granted).toBe(true)
    expect((await reserve(limit)).granted).toBe(false)
  })

  it('slides: no window of the length holds more than the limit', async () => {
    const limit = newLimit('contact', { max: 4, seconds: 100 })
    const grantedAt: number[] = []
    for (let second = 0; second < 400; second += 10) {
      if ((await reserve(limit)).granted) grantedAt.push(second)
      stores.advance(10 * SECOND)
    }
    for (const from of grantedAt)
      expect(grantedAt.filter(at => at >= from && at < from + 100).length).toBeLessThanOrEqual(4)
    expect(grantedAt.length).toBeGreaterThanOrEqual(16)
  })

  it('holds every window of a limit, and waits for the one that takes longest', async () => {
    const limit = newLimit('destination', { max: 2, seconds: 60 }, { max: 3, seconds: 3600 })
    await fill(limit, 2)
    const short = await reserve(limit)
    expect(short.granted ? 0 : short.retryAfterSeconds).toBeLessThanOrEqual(60)
    stores.advance(2 * MINUTE)
    await fill(limit, 1)
    const refused = await reserve(limit)
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeGreaterThan(3400)
  })

  it('waits for the longest of several windows that are full', async () => {
    const limit = newLimit('destination', { max: 1, seconds: 3600 }, { max: 1, seconds: 60 })
    await fill(limit, 1)
    const refused = await reserve(limit)
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeGreaterThan(3500)
  })

  it('waits until enough have left where more are held than the maximum of this call', async () => {
    const limit = newLimit('contact', { max: 3, seconds: 600 })
    for (const _ of [1, 2, 3]) {
      await fill(limit, 1)
      stores.advance(100 * SECOND)
    }
    const refused = await reserve({ ...limit, windows: [{ max: 2, seconds: 600 }] })
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeGreaterThan(390)
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeLessThanOrEqual(400)
  })

  it('grants nothing under a limit of none', async () => {
    const windows = newLimit('prefix', { max: 0, seconds: 60 })
    expect(await reserve(windows)).toMatchObject({ granted: false, retryAfterSeconds: 60 })
    expect(await reserve(newDay(0))).toMatchObject({ granted: false, refused: 'portal_day' })
  })

  it('reserves under all limits or under none, and names the first that refused', async () => {
    const roomy = newLimit('contact', { max: 10, seconds: 600 })
    const tight = newLimit('prefix', { max: 1, seconds: 600 })
    const day = newDay(1)
    expect(await reserve(roomy, tight, day)).toMatchObject({
      granted: true,
      used: { [roomy.key]: 1, [tight.key]: 1, [day.key]: 1 },
    })
    expect(await reserve(roomy, tight, day)).toMatchObject({ granted: false, refused: 'prefix' })
    expect(await reserve(roomy, day, tight)).toMatchObject({ granted: false, refused: 'portal_day' })
    expect(await Promise.all([roomy, tight, day].map(usedOf))).toEqual([1, 1, 1])
  })

  it('needs no limit to grant', async () => {
    expect(await reserve()).toEqual({ granted: true, used: {} })
  })

  it('counts the same send once', async () => {
    const limit = newLimit('contact', { max: 1, seconds: 600 })
    const sendId = random()
    for (const _ of [1, 2, 3])
      expect(await limits.reserve(sendId, [limit])).toEqual({ granted: true, used: { [limit.key]: 1 } })
    expect((await reserve(limit)).granted).toBe(false)
  })

  it('keeps what a send held before when the same send is refused', async () => {
    const roomy = newLimit('contact', { max: 5, seconds: 600 })
    const full = newLimit('prefix', { max: 0, seconds: 600 })
    const sendId = random()
    await limits.reserve(sendId, [roomy])
    expect((await limits.reserve(sendId, [roomy, full])).granted).toBe(false)
    expect(await usedOf(roomy)).toBe(1)
  })

  it('gives a send back, once however often it is asked', async () => {
    const limit = newLimit('prefix', { max: 2, seconds: 600 })
    const sendId = random()
    await limits.reserve(sendId, [limit])
    await fill(limit, 1)
    for (const _ of [1, 2, 3]) await limits.giveBack(sendId, [limit])
    expect(await usedOf(limit)).toBe(1)
    await limits.giveBack(random(), [limit])
    expect(await usedOf(limit)).toBe(1)
  })

  it('gives a send of the day back, and never more than were reserved', async () => {
    const day = newDay(2)
    await fill(day, 2)
    await limits.giveBack(random(), [day])
    expect(await usedOf(day)).toBe(1)
    for (const _ of [1, 2, 3]) await limits.giveBack(random(), [day])
    await fill(day, 2)
    expect((await reserve(day)).granted).toBe(false)
  })

  it('forgets all sends under the limits that are cleared, and no others', async () => {
    const [contact, other, day] = [
      newLimit('contact', { max: 5, seconds: 600 }),
      newLimit('contact', { max: 5, seconds: 600 }),
      newDay(5),
    ]
    await limits.reserve(random(), [contact, other, day])
    await limits.clear([contact, day])
    expect(await Promise.all([contact, other, day].map(usedOf))).toEqual([0, 1, 0])
  })

  it('keeps limits of the same name apart by their keys', async () => {
    const one = newLimit('contact', { max: 1, seconds: 600 })
    await fill(one, 1)
    expect((await reserve(newLimit('contact', { max: 1, seconds: 600 }))).granted).toBe(true)
  })

  it('judges one counter by the maximum of each call, as enrollments stop before logins', async () => {
    const day = newDay(10)
    const share = { ...day, windows: [{ max: 8, perUtcDay: true }] as const }
    await fill(share, 8)
    expect((await reserve(share)).granted).toBe(false)
    await fill(day, 2)
    expect((await reserve(day)).granted).toBe(false)
  })

  it('begins the day anew at midnight UTC, and lets no send of yesterday be given back to it', async () => {
    stores.toTimeOfDay(DAY - MINUTE)
    const day = newDay(2)
    const late = random()
    await limits.reserve(late, [day])
    await fill(day, 1)
    const refused = await reserve(day)
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeLessThanOrEqual(60)
    expect(refused.granted ? 0 : refused.retryAfterSeconds).toBeGreaterThan(30)
    stores.toTimeOfDay(SECOND)
    await fill(day, 2)
    await limits.giveBack(late, [day])
    expect((await reserve(day)).granted).toBe(false)
    stores.toTimeOfDay(DAY / 2)
  })

  it('I11: grants exactly the limit to a hundred sends that come at once', async () => {
    const limit = newLimit('destination', { max: 10, seconds: 600 }, { max: 20, seconds: 3600 })
    const day = newDay(7)
    const hundred = (under: SendLimit) => Promise.all(Array.from({ length: 100 }, () => reserve(under)))
    expect(granted(await hundred(limit))).toBe(10)
    expect(granted(await hundred(day))).toBe(7)
  })

  it('I11: leaves every limit with what was granted, after sends under many at once', async () => {
    const narrow = [1, 2, 3].map(max => newLimit('destination', { max, seconds: 600 }))
    const day = newDay(5)
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) => reserve(...narrow.slice(index % 3, (index % 3) + 1), day)),
    )
    expect(granted(results)).toBeLessThanOrEqual(5)
    expect(await usedOf(day)).toBe(granted(results))
    const used = await Promise.all(narrow.map(usedOf))
    expect(used.reduce((sum, one) => sum + one, 0)).toBe(granted(results))
  })
})
