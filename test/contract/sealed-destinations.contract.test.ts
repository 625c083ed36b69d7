import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresSealedDestinations } from '../../src/adapters/postgres/sealed-destinations.ts'
import type { SealedDestination, SealedDestinations } from '../../src/ports/sealed-destinations.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { enrollmentOf, makeStory, newContactId, newTarget } from './sample-portals.ts'

describe.each(rows)('sealed destinations: %s', (_name, open) => {
  let opened: OpenedDatabase
  let destinations: SealedDestinations
  beforeAll(async () => {
    opened = await open()
    destinations = makePostgresSealedDestinations(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  /** Contacts of two portals whose destinations are sealed like this. */
  async function sealedLike(...texts: string[]): Promise<void> {
    const stories = [await makeStory(opened.database), await makeStory(opened.database)]
    for (const [at, destinationSealed] of texts.entries()) {
      const story = stories[at % 2] ?? stories[0]
      if (!story) continue
      const binding = enrollmentOf(await story.known())
      const pendingFactor = binding.pendingFactor && { ...binding.pendingFactor, destinationSealed }
      await story.settle({ ...binding, pendingFactor }, newTarget(), true)
    }
  }

  async function all(kid: string, limit: number): Promise<SealedDestination[]> {
    const found: SealedDestination[] = []
    while (found.length < 100) {
      const page = await destinations.page(kid, limit, found.at(-1) ?? null)
      found.push(...page)
      if (page.length < limit) return found
    }
    throw new Error('the pages have no end')
  }

  it('tells which keys are in use, and how much is under each, over all portals', async () => {
    expect(await destinations.keysInUse()).toEqual([])
    await sealedLike('old-1.a', 'old-1.b', 'new.c', 'old-2.d')
    expect(await destinations.keysInUse()).toEqual(['new', 'old-1', 'old-2'])
    expect(await destinations.count('old-1', 10, null)).toBe(2)
    expect(await destinations.count('old-2', 10, null)).toBe(1)
    expect(await destinations.count('old', 10, null)).toBe(0)
  })

  it('pages through them, each once', async () => {
    await sealedLike('paged.a', 'paged.b', 'other.c', 'paged.d', 'paged.e', 'paged.f')
    for (const limit of [1, 2, 5, 100]) {
      const found = await all('paged', limit)
      expect(found.map(({ sealed }) => sealed).toSorted()).toEqual(
        ['a', 'b', 'd', 'e', 'f'].map(text => `paged.${text}`),
      )
    }
  })

  it('counts those after one of them, and up to a bound', async () => {
    await sealedLike('counted.a', 'counted.b', 'other.c', 'counted.d')
    const found = await all('counted', 10)
    for (const [at, after] of [null, ...found].entries()) {
      expect(await destinations.count('counted', 10, after)).toBe(3 - at)
      expect(await destinations.count('counted', 2, after)).toBe(Math.min(2, 3 - at))
    }
  })

  it('replaces one that still is as it was, and no other', async () => {
    await sealedLike('before.a', 'before.b')
    const [first, second] = await all('before', 10)
    if (!first || !second) throw new Error('two were sealed')
    expect(await destinations.replace(first, 'after.a')).toBe(true)
    expect(await destinations.replace(first, 'late.a')).toBe(false)
    expect(await destinations.replace({ ...second, contactId: first.contactId }, 'foreign.b')).toBe(false)
    expect(await all('before', 10)).toEqual([second])
    expect(await all('after', 10)).toEqual([{ ...first, sealed: 'after.a' }])
  })

  it('TEN-1: changes the contact of one portal, also where another has one of the same id', async () => {
    const contactId = newContactId()
    for (const story of [await makeStory(opened.database), await makeStory(opened.database)]) {
      const binding = enrollmentOf(await story.known({ portalId: story.portalId, contactId }))
      const pendingFactor = binding.pendingFactor && { ...binding.pendingFactor, destinationSealed: 'same.a' }
      await story.settle({ ...binding, pendingFactor }, newTarget(), true)
    }
    const [mine, other] = await all('same', 10)
    if (!mine || !other) throw new Error('two were sealed')
    expect(await destinations.replace(mine, 'mine.a')).toBe(true)
    expect(await all('same', 10)).toEqual([other])
  })
})
