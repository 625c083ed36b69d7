/**
 * CRY-1, ENUM-2: `===` ends at the first difference, and the time it takes tells how far a guess was right. So one function
 * compares what is secret, in constant time, and nothing else compares any: each rule is shown to see what it forbids.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { comparisons, hurries } from './support/secret-comparisons.ts'
import { sourceFiles, sourceRoot } from './support/source-files.ts'

/** Anybody may compute it who may read the events. */
const CHAIN = /^(?:domain\/event-chain|usecases\/verify-audit)\.ts$/

const home = sourceFiles.find(({ path }) => path === 'domain/code.ts')?.text ?? ''
const CONSTANT = 'timingSafeEqual(left, right)'

describe('the one function that compares digests', () => {
  it('CRY-1: looks at all of both, whatever they hold', () => {
    expect(hurries(home)).toEqual([])
  })

  it.each([
    ['Buffer.equals', CONSTANT, 'left.equals(right)'],
    ['Buffer.compare', CONSTANT, 'Buffer.compare(left, right) === 0'],
    ['===', CONSTANT, 'left === right'],
    ['the texts', CONSTANT, 'a === b'],
    ['byte by byte', CONSTANT, 'left.every((byte, at) => byte === right[at])'],
    ['search', CONSTANT, 'a.startsWith(b)'],
    ['a quicker answer before', CONSTANT, `a === b || ${CONSTANT}`],
    ['the first byte before', CONSTANT, `left[0] === right[0] && ${CONSTANT}`],
    ['a number of equal bytes', CONSTANT, `left.compare(right) === 0 && ${CONSTANT}`],
    ['a part', CONSTANT, 'timingSafeEqual(left.subarray(0, 4), right.subarray(0, 4))'],
    ['an exit', 'const left', 'if (a !== b) return false\n  const left'],
    ['a namesake', "import { timingSafeEqual } from 'node:crypto'", 'const timingSafeEqual = Object.is'],
    ['another name', 'function sameDigest', 'function otherDigest'],
  ])('CRY-1: would be seen to compare by %s', (_, right, wrong) => {
    expect(home).toContain(right)
    expect(hurries(home.replace(right, wrong))).not.toEqual([])
  })
})

describe('the sources', () => {
  it('CRY-1: compare a secret or a digest nowhere else', () => {
    expect(sourceFiles.length).toBeGreaterThan(100)
    const found = sourceFiles
      .filter(({ path }) => path !== 'domain/code.ts' && !CHAIN.test(path))
      .flatMap(({ path, text }) => comparisons(text).map(what => `${path}: ${what}`))
    expect(found).toEqual([])
    expect(comparisons(home)).toEqual(['timingSafeEqual', 'timingSafeEqual', 'timingSafeEqual'])
  })

  it.each(['$1 === $2', '$1.equals($2)', 'Buffer.compare($1, $2) === 0'])('CRY-1: would be seen to say %s', instead => {
    const callers = sourceFiles.filter(({ path, text }) => path !== 'domain/code.ts' && text.includes('sameDigest('))
    expect(callers.map(({ path }) => path).sort()).toEqual([
      'adapters/memory/code-store.ts',
      'usecases/compare-code.ts',
      'usecases/issue-token.ts',
    ])
    for (const { text } of callers) {
      const wrong = text.replace(/sameDigest\(([\w.]+), ([\w.]+)\)/g, instead)
      expect(comparisons(wrong)).toHaveLength(text.split('sameDigest(').length - 1)
    }
  })

  it.each([
    'hash === client.secretHash',
    'x.loginDigest !== given',
    'codes[0].digest == digest',
    'a.secret === b',
    'entered === drawn.code',
    'mine < client?.secretHash',
    'client!.secretHash === mine',
    'secrecy.secretHash(given) === stored',
    'Buffer.from(digest).toString() === x',
    'a.equals(b)',
    'Buffer.compare(a, b) === 0',
    'a.localeCompare(b)',
    'isDeepStrictEqual(a, b)',
    'Object.is(token, b)',
    'eq(apiClients.secretHash, mine)',
    'digest.startsWith(given)',
    'codes.includes(x)',
    '[pepper].indexOf(x)',
    'switch (password) { case x: }',
    'const left = Buffer.from(a.digest); const same = left === right',
    "const mine = createHash('sha256').update(x).digest(); if (mine == theirs) y()",
    "import { timingSafeEqual } from 'node:crypto'",
  ])('CRY-1: would be seen to say %s', text => {
    expect(comparisons(text)).not.toEqual([])
  })

  it.each([
    'previousSecretHash !== null',
    'secret === undefined',
    'hash.length === 3',
    "digest === ''",
    "error.code === 'x'",
    'sameDigest(hash, client.secretHash)',
    'codes.find(one => one.kid === kid)',
  ])('may say %s', text => {
    expect(comparisons(text)).toEqual([])
  })

  // They find by id; what scripts compare besides is a keyed digest of a login or a body that the caller knows.
  it('CRY-1: leave no comparison of a code or a secret to Redis or PostgreSQL', () => {
    const compared = (text: string) =>
      /\bsecret_hash\b|digest\w*\s*(?:[=~]=|<>|!=)|(?:[=~]=|<>|!=)\s*[\w.]*digest/.test(text)
    const left = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' }).filter(path =>
      /\.(?:lua|sql)$/.test(path),
    )
    expect(left.length).toBeGreaterThan(50)
    expect(left.filter(path => compared(readFileSync(`${sourceRoot}/${path}`, 'utf8')))).toEqual([])
    for (const wrong of ['if code.digest == ARGV[2] then', 'if ARGV[2] ~= code.digest', 'WHERE secret_hash = $1'])
      expect(compared(wrong)).toBe(true)
  })
})
