/** JWT-6: a token whose dates its signer would never write is none, to the second. */
import { describe, expect, it } from 'vitest'
import { CLOCK_TOLERANCE_SECONDS } from '../../src/domain/limits.ts'
import { soundDates } from '../../src/domain/tokens.ts'

const NOW = 1_800_000_000
const LIFETIME_MAX = 600
const sound = (dates: Record<string, unknown>, at = NOW): boolean =>
  soundDates({ iat: NOW, exp: NOW + 60, ...dates }, LIFETIME_MAX, new Date(at * 1000))

describe('dates are sound', () => {
  it.each([
    ['of a token made now', {}],
    ['with the longest lifetime', { exp: NOW + LIFETIME_MAX }],
    ['with the shortest', { exp: NOW + 1 }],
    ['issued by a clock that is ahead as far as it may be', { iat: NOW + CLOCK_TOLERANCE_SECONDS, exp: NOW + 60 }],
    ['over for as long as clocks may differ', { iat: NOW - 90, exp: NOW - CLOCK_TOLERANCE_SECONDS }],
    ['that begin when they were issued', { nbf: NOW }],
    ['that begin as late as clocks may differ', { nbf: NOW + CLOCK_TOLERANCE_SECONDS }],
    ['that began before they were issued', { nbf: NOW - 1000 }],
  ])('%s', (_, dates) => {
    expect(sound(dates)).toBe(true)
  })
})

describe('dates are not sound', () => {
  it.each([
    ['with a lifetime of a second too much', { exp: NOW + LIFETIME_MAX + 1 }],
    ['with no lifetime', { exp: NOW }],
    ['that end before they begin', { exp: NOW - 1 }],
    ['issued in the future', { iat: NOW + CLOCK_TOLERANCE_SECONDS + 1, exp: NOW + 60 }],
    ['that are over', { iat: NOW - 90, exp: NOW - CLOCK_TOLERANCE_SECONDS - 1 }],
    ['that have not begun', { nbf: NOW + CLOCK_TOLERANCE_SECONDS + 1 }],
    ...['iat', 'exp', 'nbf'].flatMap(name =>
      [1e30, NOW + 0.5, `${NOW}`, Number.NaN, null].map(
        value => [`whose ${name} is ${value}`, { [name]: value }] as [string, Record<string, unknown>],
      ),
    ),
    ['without iat', { iat: undefined }],
    ['without exp', { exp: undefined }],
  ])('%s', (_, dates) => {
    expect(sound(dates)).toBe(false)
  })
})
