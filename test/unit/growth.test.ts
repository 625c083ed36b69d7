/** The measure itself: it tells linear work from quadratic. */
import { expect, it } from 'vitest'
import { GROWTH_MAX, growth } from '../support/growth.ts'

/** So many steps, which no compiler takes away. */
function steps(count: number): number {
  let sum = 0
  for (let at = 0; at < count; at++) sum += Math.imul(at, sum) % 7
  return sum
}

it.each([
  ['constant', () => steps(1000), true],
  ['linear', (length: number) => steps(length * 100), true],
  ['quadratic', (length: number) => steps(length ** 2), false],
])('sees %s work for what it is', async (_, work, harmless) => {
  expect((await growth(2048, work)) < GROWTH_MAX).toBe(harmless)
})
