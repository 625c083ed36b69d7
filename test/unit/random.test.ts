/** BIND-2, ID-1: an id that can be guessed is an invitation; a code that can be guessed better than by chance is one digit less. */
import { expect, it } from 'vitest'
import { random } from '../../src/adapters/node/random.ts'

const DRAWN = 4_000
const many = (draw: () => string): string[] => Array.from({ length: DRAWN }, draw)

/**
 * Chi-square of how often each value was drawn against an even distribution, made nearly normal by Wilson and Hilferty's
 * cube root: beyond six standard deviations an honest source comes less than once in ten million runs of this file.
 */
function evenlyDrawn(counts: Map<string, number>, values: number, total: number): void {
  const expected = total / values
  const missing = (values - counts.size) * expected
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, missing)
  const freedom = values - 1
  const variance = 2 / (9 * freedom)
  expect(Math.abs(Math.cbrt(chiSquare / freedom) - (1 - variance))).toBeLessThan(6 * Math.sqrt(variance))
}

const countsOf = (values: Iterable<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

it.each([
  ['a challenge', 'chl', random.challengeId],
  ['an enrollment', 'enr', random.enrollmentId],
  ['a factor', 'fct', random.factorId],
  ['an event', 'evt', random.eventId],
  ['a client', 'cli', random.clientId],
] as const)(
  'BIND-2, ID-1: the id of %s is 128 bits, every one of them drawn, and tells nothing of the time',
  (_, prefix, draw) => {
    const ids = many(draw)
    expect(new Set(ids).size).toBe(DRAWN)
    const bytes = ids.map(id => Buffer.from(id.slice(4), 'base64url'))
    for (const [at, id] of ids.entries()) {
      expect(id.startsWith(`${prefix}_`)).toBe(true)
      expect(bytes[at]).toHaveLength(16)
    }
    // A bit that stands still, or leans: a version, a counter, a clock.
    for (let bit = 0; bit < 128; bit++) {
      const ones = bytes.filter(id => ((id[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
      expect(Math.abs(ones - DRAWN / 2), `bit ${bit}`).toBeLessThan(6 * Math.sqrt(DRAWN / 4))
    }
    // Ids in the order they were made must not be in order.
    const rising = ids.filter((id, at) => at > 0 && id > (ids[at - 1] ?? '')).length
    expect(Math.abs(rising - DRAWN / 2)).toBeLessThan(6 * Math.sqrt(DRAWN / 4))
  },
)

it.each([6, 8, 10])('BIND-4: each digit of a code of %s is drawn evenly, leading zeros among them', length => {
  const codes = many(() => random.code(length))
  for (const code of codes) expect(code).toMatch(new RegExp(`^\\d{${length}}$`))
  for (let at = 0; at < length; at++) evenlyDrawn(countsOf(codes.map(code => code[at] ?? '')), 10, DRAWN)
  evenlyDrawn(countsOf(codes.map(code => code.slice(0, 2))), 100, DRAWN)
})

it('KEY-1: a client secret is 256 bits', () => {
  const secrets = many(random.secret)
  expect(new Set(secrets).size).toBe(DRAWN)
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
})
