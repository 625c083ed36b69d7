/** Holds test/attacks.md to the tests that there are; that they ran and passed is the reporter's to say (support/closing-line.ts). */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Attack, attackTable, carries, type Proof } from './support/attack-table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const attacks = attackTable(root)

/** Every attack that is known, by family and how many there are of it. */
const FAMILIES: Record<string, number> = {
  ...{ RACE: 8, BRUTE: 10, LOCK: 2 },
  ...{ REUSE: 6, BIND: 6, TIME: 3 },
  ...{ ENR: 7, SKIP: 4, DOWN: 2, FLOW: 3, RESET: 5, EPOCH: 2, POL: 2, CACHE: 1, TRUST: 2, NOTIFY: 2 },
  ...{ TEN: 4, JWT: 7, KEY: 1, ID: 1, IP: 1, INPUT: 5, REDOS: 1, SQLI: 1, INJ: 4, SSRF: 2, SMUG: 1 },
  ...{ PHONE: 3, EMAIL: 3, PUMP: 2, SEND: 2, ENUM: 3, LOG: 2, PII: 1, CRY: 2, AUD: 1, DEP: 2 },
}
const known = Object.entries(FAMILIES).flatMap(([family, count]) =>
  Array.from({ length: count }, (_, at) => `${family}-${at + 1}`),
)

/** Neither a proof nor a sentence that says why there is none. */
const unanswered = (rows: Attack[]): string[] =>
  rows.filter(({ proofs, words }) => proofs.length === 0 && !/^Cannot apply: .{15,}\.$/.test(words)).map(({ id }) => id)

/** Whether the source of the file has a test of this title: the first argument of a call, in whichever quotes. */
function stands({ file, title }: Proof): boolean {
  const path = join(root, file)
  if (!existsSync(path)) return false
  const literals = [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``]
  const source = readFileSync(path, 'utf8')
  return literals.some(literal => new RegExp(`\\(\\s*${literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')},`).test(source))
}

const missing = (rows: Attack[]): string[] =>
  rows.flatMap(({ id, proofs }) =>
    proofs.filter(proof => !stands(proof)).map(({ file, title }) => `${id}: ${file} > ${title}`),
  )

describe('the table of attacks', () => {
  it('has every known attack once, in order, each with a name', () => {
    expect(attacks.map(({ id }) => id)).toEqual(known)
    for (const { name } of attacks) expect(name).toMatch(/^\S.{4,80}$/)
  })

  it('answers every one, by a proof or by a sentence why it cannot apply', () => {
    expect(unanswered(attacks)).toEqual([])
  })

  it('names only tests that there are, by their file and exact title', () => {
    expect(missing(attacks)).toEqual([])
    expect(attacks.flatMap(({ proofs }) => proofs).length).toBeGreaterThan(150)
  })

  it('would be seen to lack an answer, a file or a title', () => {
    const row = (words: string, ...proofs: Proof[]): Attack => ({ id: 'X-1', name: 'nothing', words, proofs })
    const [first] = attacks[0]?.proofs ?? []
    if (!first) throw new Error('the table is empty')
    expect(unanswered([row(''), row('Waits for its test.'), row('Cannot apply: later.')])).toHaveLength(3)
    expect(missing([row('', first)])).toEqual([])
    for (const title of [`${first.title} `, first.title.slice(1), first.title.toUpperCase(), ''])
      expect(missing([row('', { ...first, title })])).toHaveLength(1)
    expect(missing([row('', { ...first, file: 'test/gone.test.ts' })])).toHaveLength(1)
    expect(carries('is %s at %j, $kind', "is 'a b' at {}, new")).toBe(true)
    expect([carries('is %s', 'was 1'), carries('a.c', 'abc')]).toEqual([false, false])
  })
})
