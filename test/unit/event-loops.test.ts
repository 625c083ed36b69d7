/** The runs behind the back of requests: bounded, one at a time, and no portal keeps another from its turn. */
import { describe, expect, it } from 'vitest'
import { type PortalId, portalIdSchema } from '../../src/domain/ids.ts'
import { PRUNE_BATCH, PRUNE_BATCHES_MAX, SEAL_BATCH, SEAL_BATCHES_MAX } from '../../src/domain/limits.ts'
import type { EventChain } from '../../src/ports/event-chain.ts'
import { makePruneEvents } from '../../src/usecases/prune-events.ts'
import { makeSealEvents } from '../../src/usecases/seal-events.ts'

const [busy, broken, calm] = ['busy', 'broken', 'calm'].map(id => portalIdSchema.parse(id)) as [
  PortalId,
  PortalId,
  PortalId,
]

/** A chain in which `busy` never comes to an end, and `broken` fails. */
function makeChain() {
  const done: string[] = []
  async function batch(portalId: PortalId, max: number): Promise<number> {
    done.push(portalId)
    if (portalId === broken) throw new Error('broken')
    return portalId === busy ? max : 3
  }
  const eventChain: EventChain = {
    portalsToSeal: async () => [busy, broken, calm],
    seal: batch,
    portalsToPrune: async () => [busy, broken, calm],
    prune: (portalId, _days, max) => batch(portalId, max),
  }
  const times = (portalId: PortalId) => done.filter(id => id === portalId).length
  return { eventChain, done, times }
}

describe('sealing', () => {
  it('goes on to the next portal when one fails or never ends, and says that it failed', async () => {
    const { eventChain, times } = makeChain()
    await expect(makeSealEvents({ eventChain })()).rejects.toThrow('broken')
    expect([times(busy), times(broken), times(calm)]).toEqual([SEAL_BATCHES_MAX, 1, 1])
    expect(SEAL_BATCH).toBeGreaterThan(3)
  })

  it('runs once at a time, and again afterwards', async () => {
    const { eventChain, times } = makeChain()
    const sealEvents = makeSealEvents({ eventChain: { ...eventChain, portalsToSeal: async () => [calm] } })
    await Promise.all([sealEvents(), sealEvents(), sealEvents()])
    expect(times(calm)).toBe(1)
    await sealEvents()
    expect(times(calm)).toBe(2)
  })
})

describe('pruning', () => {
  it('takes each portal’s events in bounded batches, goes on when one fails, and says that it failed', async () => {
    const { eventChain, times } = makeChain()
    await expect(makePruneEvents({ eventChain }, 400)()).rejects.toThrow('broken')
    expect([times(busy), times(broken), times(calm)]).toEqual([PRUNE_BATCHES_MAX, 1, 1])
    expect(PRUNE_BATCH).toBeGreaterThan(3)
  })

  it('deletes nothing where events are kept for ever', async () => {
    const { eventChain, done } = makeChain()
    await makePruneEvents({ eventChain }, null)()
    expect(done).toEqual([])
  })
})
