/** The mutants made by hand stay true to the sources, so that a long run by hand begins with nothing to mend. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { postgresMutants } from './mutation/postgres-mutants.ts'
import { redisMutants } from './mutation/redis-mutants.ts'

describe.each([...redisMutants, ...postgresMutants])('mutants of $file', ({ file, suites, mutants }) => {
  it('change one place each, and differ', () => {
    const source = readFileSync(file, 'utf8')
    const elsewhere = mutants.filter(([from]) => source.split(from).length !== 2)
    expect(elsewhere).toEqual([])
    expect(new Set(mutants.map(mutant => mutant.join('\n'))).size).toBe(mutants.length)
    expect(mutants.filter(([from, to]) => from === to)).toEqual([])
  })

  it('are looked for by suites that exist', () => {
    expect(suites.filter(suite => !existsSync(suite))).toEqual([])
  })
})
