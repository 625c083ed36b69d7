/**
 * REDOS-1: text that a pattern takes for ever to judge, sent again and again. So every regular expression of the sources is
 * analysed (recheck: automata, and a search for the worst text), and takes at most a time that grows with the text's length.
 */
import { readFileSync } from 'node:fs'
import { checkSync } from 'recheck'
import { expect, it, vi } from 'vitest'
import { sourceFiles } from './support/source-files.ts'
import { type Node, nodesOf } from './support/syntax.ts'

interface Pattern {
  pattern: string
  flags: string
}

/** Clocks would make the verdict depend on the machine; the library bounds its search by steps as well. */
const NO_CLOCK = { timeout: null, attackTimeout: null, incubationTimeout: null }

/** A character, an escape or a class. */
const PART = String.raw`(?:[^\\[({*+?|]|\\.|\[(?:\\.|[^\]\\])*\])*`
const PLAIN = new RegExp(String.raw`^\^${PART}(?:[*+?]|\{[\d,]+\})?${PART}$`)

/** Anchored, without groups, and at most one part may repeat: there is one way to match it, and nothing to analyse. */
const isPlain = ({ pattern, flags }: Pattern): boolean => PLAIN.test(pattern) && !flags.includes('m')

function isLinear(found: Pattern): boolean {
  if (isPlain(found)) return true
  vi.stubEnv('RECHECK_SYNC_BACKEND', 'pure')
  const verdict = checkSync(found.pattern, found.flags, NO_CLOCK)
  vi.unstubAllEnvs()
  // `unknown` is none that says so.
  return verdict.status === 'safe'
}

const literals = (text: string): Pattern[] =>
  nodesOf(text).flatMap(({ type, regex }) => (type === 'Literal' && regex ? [regex as Pattern] : []))

const isComputed = ({ type, callee }: Node): boolean =>
  /^(?:New|Call)Expression$/.test(type) && (callee as Node).name === 'RegExp'

const written = new Map(sourceFiles.flatMap(({ text }) => literals(text)).map(found => [found.pattern, found]))

/** What reads no text of a caller: the operator's PUBLIC_URL, and the SQL files of this repository. */
const OWN_TEXT = ['\\/+$', `--[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/|'(?:[^']|'')*'|"[^"]*"|::\\w+|:([a-z][a-z0-9_]*)`]

it('REDOS-1: every pattern that the sources write takes at most linear time', { timeout: 600_000 }, () => {
  expect(written.size).toBeGreaterThan(50)
  const slow = [...written.values()].filter(found => !isLinear(found)).map(({ pattern }) => pattern)
  expect(slow.sort()).toEqual([...OWN_TEXT].sort())
})

it('REDOS-1: every pattern that they compute takes at most linear time, as the OpenAPI document has it', () => {
  const computing = sourceFiles.filter(({ text }) => nodesOf(text).some(isComputed)).map(({ path }) => path)
  expect(computing.sort()).toEqual(['domain/ids.ts', 'http/schemas/values.ts'])
  const document = readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8')
  const patterns = new Set<string>()
  JSON.parse(document, (member, value) => {
    if (member === 'pattern' && typeof value === 'string' && !written.has(value)) patterns.add(value)
    return value
  })
  for (const computed of ['^chl_', '^[^\\u0000-\\u001f'])
    expect(
      [...patterns].filter(pattern => pattern.startsWith(computed)),
      computed,
    ).not.toEqual([])
  expect([...patterns].filter(pattern => !isLinear({ pattern, flags: 'u' }))).toEqual([])
})

it.each([
  '/^(a+)+$/',
  '/^(a|a)*$/',
  '/^(\\w+\\s?)*$/',
  '/^(a?){30}a{30}$/',
  '/^([a-z]+\\.?)+$/',
  '/\\s+$/',
  '/(.*)=(.*);/',
  '/^\\d+\\d+$/',
  '/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.?)+$/',
])('would be seen to take more: %s', wrong => {
  const [pattern, ...more] = literals(`const found = ${wrong}.test(given)`)
  expect(more).toEqual([])
  expect(pattern && isLinear(pattern)).toBe(false)
})
