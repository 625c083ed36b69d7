import { beforeEach, describe, expect, it } from 'vitest'
import { type ContactId, type FactorId, portalIdSchema } from '../../src/domain/ids.ts'
import type { Ports } from '../../src/ports/ports.ts'
import type { SealedDestination } from '../../src/ports/sealed-destinations.ts'
import { COUNTED_MAX, makeFinishKeyRotation } from '../../src/usecases/finish-key-rotation.ts'

const portalId = portalIdSchema.parse('acme')
const before = (one: SealedDestination, other: SealedDestination) => one.contactId < other.contactId

/** Destinations in memory, and what the gauge said of them, turn by turn. */
class World {
  stored: SealedDestination[] = []
  gauge: number[] = []
  /** Of the contacts that the pages began after. */
  pagesAfter: (string | null)[] = []
  unreadable = new Set<string>()
  failAt: string | null = null

  run = makeFinishKeyRotation({
    keyRotation: {
      currentKid: 'new',
      isNewest: async () => true,
      rewrapKeys: async () => 0,
      shortLivedLeft: async () => false,
    },
    secrecy: {
      seal: () => 'new.sealed',
      open: (sealed: string) => {
        if (this.unreadable.has(sealed)) throw new Error('does not open')
        return 'text'
      },
    },
    sealedDestinations: {
      keysInUse: async () => [...new Set(this.stored.map(({ sealed }) => sealed.split('.', 1)[0] ?? ''))].sort(),
      page: async (kid, limit, after) => {
        this.pagesAfter.push(after?.contactId ?? null)
        return this.under(kid, after).slice(0, limit)
      },
      count: async (kid, max, after) => Math.min(max, this.under(kid, after).length),
      replace: async (destination, sealed) => {
        if (destination.contactId === this.failAt) throw new Error('unavailable')
        this.stored = this.stored.map(one => (one === destination ? { ...one, sealed } : one))
        return true
      },
    },
    meter: {
      set: (_name: string, { kind }: { kind: string }, count: number) => {
        if (kind === 'destinations') this.gauge.push(count)
      },
    },
  } as Pick<Ports, 'sealedDestinations'> as Ports)

  fill(kid: string, count: number): void {
    for (let at = 0; at < count; at++) this.stored.push(destination(this.stored.length, kid))
  }

  private under(kid: string, after: SealedDestination | null): SealedDestination[] {
    return this.stored.filter(one => one.sealed.startsWith(`${kid}.`) && (after === null || before(after, one)))
  }
}

const destination = (at: number, kid: string): SealedDestination => ({
  portalId,
  contactId: `contact-${String(at).padStart(6, '0')}` as ContactId,
  slot: 'sms',
  factorId: 'fct' as FactorId,
  sealed: `${kid}.${at}`,
})

describe('finishing a rotation of the master key', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })

  it('re-seals everything under every older key, and says 0 when that is done and not before', async () => {
    world.fill('older', 450)
    world.fill('new', 10)
    world.fill('old', 400)
    await world.run()
    expect(world.stored.filter(({ sealed }) => !sealed.startsWith('new.'))).toEqual([])
    expect(world.gauge.at(-1)).toBe(0)
    expect(world.gauge.slice(0, -1).every(count => count > 0)).toBe(true)
  })

  it('counts up to a bound, however much there is', async () => {
    world.fill('old', COUNTED_MAX + 500)
    await world.run()
    expect(world.gauge[0]).toBe(COUNTED_MAX)
    expect(world.gauge.at(-2)).toBeLessThan(COUNTED_MAX)
    expect(world.gauge.at(-1)).toBe(0)
  })

  it('goes on after a failure where it stood', async () => {
    world.fill('old', 1000)
    world.failAt = destination(700, 'old').contactId
    await expect(world.run()).rejects.toThrow('unavailable')
    const reached = world.pagesAfter.at(-1)
    expect(reached).toBe(destination(599, 'old').contactId)
    world.failAt = null
    world.pagesAfter = []
    await world.run()
    expect(world.pagesAfter[0]).toBe(reached)
    expect(world.gauge.at(-1)).toBe(0)
  })

  it('passes over what does not open, says how much that is, and tries again in the next run', async () => {
    world.fill('old', 300)
    world.unreadable = new Set(['old.5', 'old.250'])
    await world.run()
    expect(world.gauge.at(-1)).toBe(2)
    world.unreadable.clear()
    await world.run()
    expect(world.gauge.at(-1)).toBe(0)
  })
})
