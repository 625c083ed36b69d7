/** AUD-1: what retention can have deleted, to the day. */
import { describe, expect, it } from 'vitest'
import type { ExportedHead } from '../../src/domain/event-chain.ts'
import { portalIdSchema } from '../../src/domain/ids.ts'
import { faultOfCut, keptSince } from '../../src/domain/retention-cut.ts'

const hash = 'ab'.repeat(32)
const at = (seq: number, instant: string | null): ExportedHead => ({
  portalId: portalIdSchema.parse('acme'),
  seq,
  hash,
  at: instant,
})

it('events are kept since a day that clocks may differ by', () => {
  expect(keptSince(new Date('2026-03-31T00:00:00Z'), 30)).toBe(Date.parse('2026-03-02'))
  expect(keptSince(new Date('2026-03-31T23:59:59Z'), 30)).toBe(Date.parse('2026-03-02'))
  expect(keptSince(new Date('2026-03-31T00:00:00Z'), null)).toBe(-Infinity)
})

describe('a cut', () => {
  const since = Date.parse('2026-03-02')
  const fault = (seq: number, keptFrom: string | null, exported: ExportedHead[] = []) =>
    faultOfCut({ seq, hash, keptFrom }, { seq: 9, hash }, exported, since)

  it.each<[what: string, ReturnType<typeof fault>]>([
    ['there is none', fault(0, null, [at(0, null), at(3, '2026-04-01T00:00:00.000Z')])],
    ['there is none, and nothing was exported', fault(0, null)],
    ['of what was old', fault(9, '2026-03-02', [at(0, null), at(9, '2026-03-02T00:00:00.000Z')])],
    ['before what is young', fault(4, '2026-03-02', [at(5, '2026-03-02T00:00:00.001Z')])],
    ['that was known', fault(4, '2026-03-03', [at(4, null), at(2, '2026-03-03T00:00:00.000Z')])],
  ])('is right: %s', (_what, told) => {
    expect(told).toBeNull()
  })

  it.each<[what: string, ReturnType<typeof fault>]>([
    ['whose own day is too young', fault(4, '2026-03-03')],
    ['without a day', fault(4, null)],
    ['with a day that is none', fault(4, '')],
    ['of what was young', fault(5, '2026-03-02', [at(5, '2026-03-02T00:00:00.001Z')])],
    [
      'of what was young, among what was old',
      fault(5, '2026-03-02', [at(4, '2026-03-03T00:00:00.000Z'), at(2, '2026-01-01T00:00:00.000Z')]),
    ],
    ['of what was exported with no instant', fault(5, '2026-03-02', [at(5, 'never')])],
    ['beyond the one that was known', fault(5, '2026-03-03', [at(4, null)])],
  ])('is early: %s', (_what, told) => {
    expect(told).toBe('cut_early')
  })

  it('lies beyond the head, whatever its age', () => {
    expect(fault(10, '2020-01-01', [at(10, null)])).toBe('cut_beyond_head')
  })
})
