import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresKeyRing } from '../../src/adapters/postgres/key-ring.ts'
import type { KeyRing } from '../../src/ports/key-ring.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'

describe.each(rows)('key ring: %s', (_name, open) => {
  let opened: OpenedDatabase
  let keys: KeyRing
  beforeAll(async () => {
    opened = await open()
    keys = makePostgresKeyRing(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  it('stores a key unless that generation is there, and returns the one stored', async () => {
    const purpose = randomUUID()
    const first = await keys.ensure(purpose, 1, 'first')
    expect(first).toMatchObject({ purpose, generation: 1, wrapped: 'first', createdAt: expect.any(Date) })
    expect(await keys.ensure(purpose, 1, 'second')).toEqual(first)
    expect(await keys.ensure(purpose, 2, 'next')).toMatchObject({ purpose, generation: 2, wrapped: 'next' })
    expect(await keys.ensure(randomUUID(), 1, 'other')).toMatchObject({ wrapped: 'other' })
  })

  it('lets instances that start together agree on one key', async () => {
    const purpose = randomUUID()
    const drawn = Array.from({ length: 8 }, (_, instance) => `key ${instance}`)
    const stored = await Promise.all(drawn.map(wrapped => keys.ensure(purpose, 1, wrapped)))
    expect(new Set(stored.map(({ wrapped }) => wrapped)).size).toBe(1)
  })

  it('lists the generations of one purpose, oldest first, with the database’s now', async () => {
    const purpose = randomUUID()
    for (const generation of [2, 1, 10]) await keys.ensure(purpose, generation, `g${generation}`)
    await keys.ensure(randomUUID(), 1, 'other')
    const listed = await keys.list(purpose)
    expect(listed.keys.map(({ generation }) => generation)).toEqual([1, 2, 10])
    opened.advance(3600)
    const later = await keys.list(purpose)
    expect(later.now.getTime() - listed.now.getTime()).toBeGreaterThanOrEqual(3_600_000)
    expect(later.keys).toEqual(listed.keys)
  })

  it('lists every purpose', async () => {
    const purposes = [randomUUID(), randomUUID()]
    for (const purpose of purposes) await keys.ensure(purpose, 1, 'k')
    const listed = await keys.listAll()
    expect(listed.keys.map(({ purpose }) => purpose)).toEqual(expect.arrayContaining(purposes))
    expect(listed.now).toBeInstanceOf(Date)
  })

  it('replaces a key that still is as it was, and no other', async () => {
    const [purpose, other] = [randomUUID(), randomUUID()]
    for (const [of, generation] of [
      [purpose, 1],
      [purpose, 2],
      [other, 1],
    ] as const)
      await keys.ensure(of, generation, 'before')
    expect(await keys.replace(purpose, 1, 'before', 'after')).toBe(true)
    expect(await keys.replace(purpose, 1, 'before', 'late')).toBe(false)
    expect((await keys.list(purpose)).keys.map(({ wrapped }) => wrapped)).toEqual(['after', 'before'])
    expect((await keys.list(other)).keys.map(({ wrapped }) => wrapped)).toEqual(['before'])
  })

  it('forgets generations up to one, and of that purpose alone', async () => {
    const [purpose, other] = [randomUUID(), randomUUID()]
    for (const generation of [1, 2, 3]) {
      await keys.ensure(purpose, generation, 'k')
      await keys.ensure(other, generation, 'k')
    }
    await keys.forget(purpose, 2)
    expect((await keys.list(purpose)).keys.map(({ generation }) => generation)).toEqual([3])
    expect((await keys.list(other)).keys).toHaveLength(3)
  })
})
