import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { numberParameters } from '../../src/adapters/postgres/sql.ts'

describe('named parameters of .sql files', () => {
  it.each([
    ['get numbers in the order they come in', ':b, :a', '$1, $2', ['b', 'a']],
    ['keep their number when they come again', ':a + :b + :a', '$1 + $2 + $1', ['a', 'b']],
    ['are told from casts', ':a::text = b::int', '$1::text = b::int', ['a']],
    ['are told from strings', "':no' || ':x''y :z' || :a", "':no' || ':x''y :z' || $1", ['a']],
    ['are told from quoted names', '":no" = :a', '":no" = $1', ['a']],
    ['are told from comments', ':a -- :no\n/* :no\n:no */ :b', '$1 -- :no\n/* :no\n:no */ $2', ['a', 'b']],
    ['may end in digits', ':p0 :p1', '$1 $2', ['p0', 'p1']],
    ['may be missing', 'SELECT 1', 'SELECT 1', []],
  ])('%s', (_name, sql, text, parameters) => {
    expect(numberParameters(sql)).toEqual({ text, parameters })
  })

  it('are all that a statement is made of: no file builds SQL from anything else', () => {
    const folder = new URL('../../src/adapters/postgres/sql/', import.meta.url)
    const files = readdirSync(folder)
    expect(files.length).toBeGreaterThan(15)
    for (const file of files) {
      const { text } = numberParameters(readFileSync(new URL(file, folder), 'utf8'))
      expect(text, file).not.toMatch(/\bEXECUTE\b|\bformat\s*\(|\$\{/i)
    }
  })
})
