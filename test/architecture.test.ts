/** Who may import whom, and who may touch the world: the layout as a table that fails on every other import. */
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFiles as files, sourceRoot as root } from './support/source-files.ts'

/** What is left of a file when it runs, as far as imports go. */
function withoutTypes(text: string): string {
  return text
    .replace(/^(?:import|export) type\b[^'"]*\bfrom\s*['"][^'"]+['"]/gm, '')
    .replace(/\btypeof import\([^)]*\)/g, '')
}

interface Import {
  from: string
  /** A path below src/, or a package. */
  to: string
  own: boolean
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bload\(\s*)['"]([^'"\s]+)['"]/g

/** Loaded with the file, whether needed or not. */
const STATIC_IMPORT = /(?:\bfrom\s*|\bimport\s+|\bload\(\s*)['"]([^'"\s]+)['"]/g
/** One whose target is not written there, so that no table could judge it. */
const OPAQUE_IMPORT = /\b(?:import|require|load)\s*\(\s*[^'"\s]/

function importsOf(path: string, text: string, pattern: RegExp): Import[] {
  return [...text.matchAll(pattern)].map(([, specifier = '']) => {
    const own = specifier.startsWith('.')
    const to = own ? relative(root, join(root, dirname(path), specifier)) : packageOf(specifier)
    return { from: path, to, own }
  })
}

const imports = files.flatMap(({ path, text }) => importsOf(path, text, IMPORT))

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The layer a file belongs to; `adapters/<folder>` is a layer of its own. */
function layerOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  if (top === 'adapters' && path.split('/').length > 2) return `adapters/${second}`
  return path.includes('/') && top !== 'adapters' ? top : path
}

/** Layer → what of src/ it may import, and which packages. Config is a type everywhere but at the roots. */
const table: [layer: RegExp, own: RegExp, packages: RegExp][] = [
  [/^domain$/, /^domain\//, /^(zod|libphonenumber-js|node:crypto)$/],
  [/^ports$/, /^(domain|ports)\//, /^$/],
  [/^usecases$/, /^(domain|ports|usecases)\//, /^$/],
  [
    /^adapters\/postgres$/,
    /^(domain|ports|adapters\/postgres)\//,
    /^(pg|drizzle-orm|@electric-sql\/pglite|zod|node:.*)$/,
  ],
  [/^adapters\/redis$/, /^(domain|ports|adapters\/redis)\//, /^(ioredis|zod|node:.*)$/],
  [/^adapters\/memory$/, /^(domain|ports|adapters\/memory)\//, /^$/],
  [/^adapters\/aws$/, /^(domain|ports|adapters\/aws)\//, /^(@aws-sdk\/.*|@smithy\/.*|node:.*)$/],
  [/^adapters\/inbox$/, /^(domain|ports|adapters\/inbox)\//, /^$/],
  [/^adapters\/node$/, /^(domain|ports|adapters\/node)\//, /^(fast-jwt|node:.*)$/],
  [/^adapters\/prometheus$/, /^(domain|ports|adapters\/prometheus)\//, /^prom-client$/],
  [/^adapters\/keys\.ts$/, /^(domain|ports|adapters\/node)\/|^config\.ts$/, /^$/],
  [/^adapters\/stores\.ts$/, /^(domain|ports|adapters\/(memory|node|redis))\/|^config\.ts$/, /^$/],
  [/^adapters\/senders\.ts$/, /^(domain|ports|adapters\/(aws|inbox))\/|^config\.ts$/, /^$/],
  [/^adapters\/index\.ts$/, /^(domain|ports|adapters)\/|^config\.ts$/, /^$/],
  [/^http$/, /^(domain|usecases|http)\//, /^(fastify|@fastify\/.*|zod|node:crypto)$/],
  [/^config\.ts$/, /^config\//, /^zod$/],
  [/^config$/, /^config\//, /^(zod|node:net|node:path)$/],
  [/^service\.ts$/, /^(domain|ports|usecases|adapters|http)\/|^(config|jobs)\.ts$/, /^node:.*$/],
  [/^jobs\.ts$/, /^(domain|usecases|adapters)\/|^config\.ts$/, /^$/],
  [/^shutdown\.ts$/, /^(service|http\/error-for-log)\.ts$/, /^node:.*$/],
  [
    /^main\.ts$/,
    /^((config|config\/reader|service|shutdown|demo)|domain\/errors|adapters\/node\/embedded-secrets)\.ts$/,
    /^node:.*$/,
  ],
  [/^demo\.ts$/, /^(domain|usecases)\//, /^node:.*$/],
  [/^migrate\.ts$/, /^adapters\/postgres\/|^config\.ts$/, /^node:.*$/],
  [
    /^verify-audit\.ts$/,
    /^(adapters\/(postgres|node)|domain|ports|usecases)\/|^config(\/reader)?\.ts$/,
    /^(zod|node:.*)$/,
  ],
  [/^openapi\.ts$/, /^(http|usecases)\//, /^node:.*$/],
]

// Called or handed on, by whichever spelling.
const ENVIRONMENT = /\bprocess\s*\??\.\s*(?:env\b|\[)|\bprocess\s*\[|=\s*process\s*(?:[;,)]|$)|['"]node:process['"]/m
const CLOCK =
  /\bDate\s*\.\s*now\b|\bnew Date\b(?!\s*\(\s*[^)\s])|(?<!new )(?<![\w.])Date\(|\bperformance\s*\.|perf_hooks|\bhrtime\b|\bTemporal\./
const RANDOMNESS =
  /randomBytes|randomInt|randomUUID|randomFill|Math\s*\.\s*random|getRandomValues|generateKey|generatePrime/

const manifest = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8'))

describe('the layout', () => {
  it('found the code it guards', () => {
    expect(files.length).toBeGreaterThan(40)
    expect(imports.length).toBeGreaterThan(200)
    expect(imports.filter(({ own, to }) => own && !files.some(({ path }) => path === to))).toEqual([])
  })

  it('lets each layer import what the table says and nothing else', () => {
    const wrong = imports.filter(({ from, to, own }) => {
      const row = table.find(([layer]) => layer.test(layerOf(from)))
      return !row?.[own ? 1 : 2].test(to)
    })
    expect(wrong).toEqual([])
  })

  it('can see every import: none is computed, and `require` goes by the name the table reads', () => {
    expect(files.filter(({ text }) => OPAQUE_IMPORT.test(text)).map(({ path }) => path)).toEqual([])
    const renamed = files.filter(({ text }) => /(?<!const load = )createRequire\(/.test(text))
    expect(renamed.map(({ path }) => path)).toEqual([])
  })

  it('has only types in the imports of ports', () => {
    const ports = files.filter(({ path }) => path.startsWith('ports/'))
    expect(ports.length).toBeGreaterThan(10)
    expect(ports.flatMap(({ path, text }) => importsOf(path, withoutTypes(text), IMPORT))).toEqual([])
  })

  it('takes no more of node:crypto into the domain than hashing and comparing', () => {
    const harmless = ['createHash', 'createHmac', 'hash', 'timingSafeEqual']
    const taken = files
      .filter(({ path }) => path.startsWith('domain/'))
      .flatMap(({ text }) => [...text.matchAll(/^(.*)['"]node:crypto['"]/gm)].map(([, clause = '']) => clause))
      .flatMap(clause => clause.match(/^import (?:type )?\{([^}]*)\} from $/)?.[1]?.split(',') ?? [clause])
      .map(name => name.trim())
    expect(taken.filter(name => name !== '' && !harmless.includes(name))).toEqual([])
  })

  it('has no cycles', () => {
    const edges = new Map(files.map(({ path }) => [path, imports.filter(i => i.own && i.from === path).map(i => i.to)]))
    const done = new Set<string>()
    const walk = (path: string, trail: string[]): string[] | null => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
      if (done.has(path)) return null
      for (const next of edges.get(path) ?? []) {
        const cycle = walk(next, [...trail, path])
        if (cycle) return cycle
      }
      done.add(path)
      return null
    }
    for (const { path } of files) expect(walk(path, [])).toBeNull()
  })

  it('lists every package among the dependencies', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest
    const known = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    const packages = imports.filter(({ own, to }) => !own && !to.startsWith('node:'))
    expect(packages.filter(({ to }) => !known.includes(to) || builtinModules.includes(to))).toEqual([])
  })

  it('starts without anything that only development or embedded mode installs', () => {
    const atStart = files.flatMap(({ path, text }) => importsOf(path, withoutTypes(text), STATIC_IMPORT))
    const packages = atStart.filter(({ own, to }) => !own && !to.startsWith('node:'))
    expect(packages.length).toBeGreaterThan(20)
    expect(packages.filter(({ to }) => !Object.hasOwn(manifest.dependencies, to))).toEqual([])
  })

  it.each([
    ['the environment', ENVIRONMENT, /^config\.ts$/],
    ['the process clock', CLOCK, /^adapters\/node\//],
    ['randomness', RANDOMNESS, /^adapters\/node\//],
  ])('reads %s in one place only', (_, pattern, allowed) => {
    expect(files.filter(({ path, text }) => pattern.test(text) && !allowed.test(path)).map(({ path }) => path)).toEqual(
      [],
    )
  })

  it('has no index.ts that merely re-exports', () => {
    const hollow = files.filter(
      ({ path, text }) =>
        /(^|\/)index\.ts$/.test(path) && !/export (const|function|async|interface|type \w+ =)/.test(text),
    )
    expect(hollow.map(({ path }) => path)).toEqual([])
  })
})
