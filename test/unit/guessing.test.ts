import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGuessing, looksAgainAfter } from '../../src/domain/guessing.ts'

describe('guessing is suspected', () => {
  it.each([
    ['200 wrong of 399', 200, 399, true],
    ['199 wrong and nothing else', 199, 199, false],
    ['200 wrong of 400: just half', 200, 400, false],
    ['a busy morning: 3 000 wrong of 60 000', 3000, 60_000, false],
    ['an attack on a busy morning', 30_001, 60_000, true],
    ['nothing at all', 0, 0, false],
  ])('%s', (_, wrong, all, suspected) => {
    expect(isGuessing({ wrong, all })).toBe(suspected)
  })
})

it('looks again before ten instances together could have missed it, and never more often than each wrong guess', () => {
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }), (wrong, right) => {
      const after = looksAgainAfter({ wrong, all: wrong + right })
      expect(after).toBeGreaterThanOrEqual(1)
      expect(after).toBeLessThanOrEqual(20)
      if (isGuessing({ wrong, all: wrong + right })) return
      const unseen = (after - 1) * 10
      expect(isGuessing({ wrong: wrong + unseen, all: wrong + right + unseen })).toBe(false)
    }),
  )
})

it.each([
  ['wrong ones are missing', 0, 0, 20],
  ['a few wrong ones are missing', 150, 150, 5],
  ['one is missing', 199, 199, 1],
  ['they are not half of all yet', 150, 400, 11],
  ['they are just half', 300, 600, 1],
  ['they are many, and far from half', 300, 700, 11],
  ['it is an attack', 300, 300, 20],
])('how soon it looks again where %s', (_, wrong, all, after) => {
  expect(looksAgainAfter({ wrong, all })).toBe(after)
})
