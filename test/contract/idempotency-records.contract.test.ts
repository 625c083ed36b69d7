import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IdempotencyRecords } from '../../src/ports/idempotency-records.ts'
import { rows, type Stores } from './stores.ts'

const SECOND = 1000
const LEASE = 30 * SECOND
const DAY = 86_400 * SECOND
const newScope = (): string => `acme/${randomBytes(32).toString('base64url')}`

describe.each(rows)('idempotency records: %s', (_name, open) => {
  let stores: Stores
  let records: IdempotencyRecords
  beforeAll(async () => {
    stores = await open()
    records = stores.idempotency
  }, 30_000)
  afterAll(() => stores?.close())

  const begin = (scope: string, body = 'body') => records.begin(scope, body, LEASE)

  it('lets one call run, and tells the others that it does', async () => {
    const scope = newScope()
    expect(await begin(scope)).toEqual({ outcome: 'started' })
    expect(await begin(scope)).toEqual({ outcome: 'running' })
    expect(await begin(scope, 'other')).toEqual({ outcome: 'other_body' })
    expect(await begin(newScope())).toEqual({ outcome: 'started' })
  })

  it('starts one of fifty calls that come at once', async () => {
    const scope = newScope()
    const results = await Promise.all(Array.from({ length: 50 }, () => begin(scope)))
    expect(results.filter(({ outcome }) => outcome === 'started')).toHaveLength(1)
    expect(results.filter(({ outcome }) => outcome === 'running')).toHaveLength(49)
  })

  it('gives the first answer again for as long as it is kept', async () => {
    const scope = newScope()
    await begin(scope)
    await records.answer(scope, 'body', 'sealed answer', DAY)
    stores.advance(DAY - 60 * SECOND)
    expect(await begin(scope)).toEqual({ outcome: 'answered', answer: 'sealed answer' })
    expect(await begin(scope, 'other')).toEqual({ outcome: 'other_body' })
    stores.advance(60 * SECOND)
    expect(await begin(scope, 'other')).toEqual({ outcome: 'started' })
    expect(await begin(scope, 'other')).toEqual({ outcome: 'running' })
  })

  it('keeps an empty answer as an answer', async () => {
    const scope = newScope()
    await begin(scope)
    await records.answer(scope, 'body', '', DAY)
    expect(await begin(scope)).toEqual({ outcome: 'answered', answer: '' })
  })

  it('keeps no answer that is over already', async () => {
    const scope = newScope()
    await begin(scope)
    await records.answer(scope, 'body', 'with an assertion that has expired', 0)
    expect(await begin(scope)).toEqual({ outcome: 'started' })
  })

  it('lets a key be taken again once the lease has run out, with whatever body', async () => {
    const scope = newScope()
    await begin(scope)
    stores.advance(LEASE - 10 * SECOND)
    expect(await begin(scope)).toEqual({ outcome: 'running' })
    stores.advance(10 * SECOND)
    expect(await begin(scope, 'other')).toEqual({ outcome: 'started' })
    expect(await begin(scope, 'other')).toEqual({ outcome: 'running' })
  })

  it('takes the late answer of a holder whose lease has run out, and keeps the first of two', async () => {
    const scope = newScope()
    await begin(scope)
    stores.advance(LEASE)
    await records.answer(scope, 'body', 'late', DAY)
    expect(await begin(scope)).toEqual({ outcome: 'answered', answer: 'late' })
    await records.answer(scope, 'body', 'later still', DAY)
    expect(await begin(scope)).toEqual({ outcome: 'answered', answer: 'late' })
  })

  it('lets the same call run again once its key is released', async () => {
    const scope = newScope()
    await begin(scope)
    await records.release(scope)
    expect(await begin(scope)).toEqual({ outcome: 'started' })
    await records.release(newScope())
  })

  it('releases no key that has been answered', async () => {
    const scope = newScope()
    await begin(scope)
    await records.answer(scope, 'body', 'answer', DAY)
    await records.release(scope)
    expect(await begin(scope)).toEqual({ outcome: 'answered', answer: 'answer' })
  })

  it('tells portals apart', async () => {
    const digest = randomBytes(32).toString('base64url')
    expect(await begin(`acme/${digest}`)).toEqual({ outcome: 'started' })
    expect(await begin(`other/${digest}`)).toEqual({ outcome: 'started' })
  })
})
