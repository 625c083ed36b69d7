import { expect, it } from 'vitest'
import { exactInstantSchema, givenInstantSchema } from '../../src/domain/instant.ts'

it.each([
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2026-03-01T09:30:00+14:00',
  // Of the year before where it is written, of the year 1 in UTC.
  '0000-12-31T23:00:00-02:00',
])('%s is an instant', text => {
  expect(givenInstantSchema.parse(text)).toBe(text)
})

it.each(['0000-12-31T23:59:59Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00'])(
  '%s is in no year that both stores can write, and is told so',
  text => {
    const { error } = givenInstantSchema.safeParse(text)
    expect(error?.issues.map(({ message }) => message)).toEqual(['not an instant of the years 0001 to 9999'])
  },
)

it('a text that is no instant is told that alone', () => {
  expect(givenInstantSchema.safeParse('yesterday').error?.issues).toHaveLength(1)
})

it.each([
  ['2026-03-01T09:30:00.123456Z', true],
  ['0001-01-01T00:00:00.000000Z', true],
  ['9999-12-31T23:59:59.999999Z', true],
  ['0000-12-31T23:59:59.999999Z', false],
  ['2026-02-29T00:00:00.000000Z', false],
  ['2026-03-01T09:30:00.123Z', false],
  ['2026-03-01T09:30:00.1234567Z', false],
  ['2026-03-01T09:30:00Z', false],
  ['2026-03-01T09:30:00.123456+00:00', false],
  ['+12026-03-01T09:30:00.123456Z', false],
  ['2026-03-01T09:30:00.123456Z\n', false],
  [' 026-03-01T09:30:00.123456Z', false],
])('%j is an instant as cursors hold it: %s', (text, is) => {
  expect(exactInstantSchema.safeParse(text).success).toBe(is)
})
