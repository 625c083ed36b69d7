import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JSON_DEPTH_MAX, jsonFault } from '../../src/http/strict-json.ts'

/** JSON text in which object members are pairs, so that a name may come twice. */
const text = (value: unknown): string =>
  Array.isArray(value)
    ? `[ ${value.map(text).join(' , ')} ]`
    : value instanceof Map
      ? members(value)
      : JSON.stringify(value)

const members = (map: Map<unknown, unknown>): string =>
  `{ ${[...map.values()].map(pair => `${JSON.stringify((pair as [string])[0])} : ${text((pair as [string, unknown])[1])}`).join(' , ')} }`

describe('strict JSON', () => {
  it('finds no fault in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: JSON_DEPTH_MAX - 1 }), fc.constantFrom(0, 2), (value, indent) => {
        expect(jsonFault(JSON.stringify(value, null, indent))).toBeNull()
      }),
    )
  })

  it('INPUT-5: finds a repeated name exactly where there is one', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b', '"', '\\', '{', ','), fc.string({ maxLength: 3 }))
    const { value } = fc.letrec(tie => ({
      value: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc
        .array(fc.tuple(name, tie('value')), { maxLength: 4 })
        .map(pairs => new Map(pairs.map((pair, at) => [at, pair]))),
    }))
    const repeats = (part: unknown): boolean => {
      if (Array.isArray(part)) return part.some(repeats)
      if (!(part instanceof Map)) return false
      const pairs = [...part.values()] as [string, unknown][]
      return new Set(pairs.map(([key]) => key)).size < pairs.length || pairs.some(([, inner]) => repeats(inner))
    }
    fc.assert(
      fc.property(value, sample => {
        JSON.parse(text(sample))
        expect(jsonFault(text(sample))).toBe(repeats(sample) ? 'repeats a member name' : null)
      }),
    )
  })

  it('INPUT-5: knows one name in several spellings', () => {
    expect(jsonFault('{"code":1,"c\\u006fde":2}')).toBe('repeats a member name')
    expect(jsonFault('{"a":{"code":1},"b":{"code":2},"code":["code","code"]}')).toBeNull()
  })

  it('INPUT-4: counts levels', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(jsonFault(nested(JSON_DEPTH_MAX))).toBeNull()
    expect(jsonFault(nested(JSON_DEPTH_MAX + 1))).toBe('is nested too deeply')
    expect(jsonFault(`[${'[],'.repeat(50)}[]]`)).toBeNull()
  })
})
