/** Who may import whom, and who may touch the world: the layout as a table that fails on every other import. */
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../src/', import.meta.url))

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ path: file, text: withoutComments(readFileSync(join(root, file), 'utf8')) }))

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

interface Import {
  from: string
  /** A path below src/, or a package. */
  to: string
  own: boolean
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bload\(\s*)['"]([^'"\s]+)['"]/g

const imports: Import[] = files.flatMap(({ path, text }) =>
  [...text.matchAll(IMPORT)].map(([, specifier = '']) => {
    const own = specifier.startsWith('.')
    const to = own ? relative(root, join(root, dirname(path), specifier)) : packageOf(specifier)
    return { from: path, to, own }
  }),
)

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

const everyLayer = /.*/
const folders = /^(domain|ports)\//
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
  [/^adapters\/sender-by-channel\.ts$/, folders, /^$/],
  [/^adapters\/index\.ts$/, /^(domain|ports|adapters)\/|^config\.ts$/, /^$/],
  [/^http$/, /^(domain|usecases|http)\//, /^(fastify|@fastify\/.*|zod|node:.*)$/],
  [/^config\.ts$/, /^$/, /^(zod|node:net|node:path)$/],
  [/^(service|demo|main|migrate|openapi)\.ts$/, everyLayer, /^node:.*$/],
]

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

  it('takes no more of node:crypto into the domain than hashing and comparing', () => {
    const domain = files.filter(({ path, text }) => path.startsWith('domain/') && text.includes("'node:crypto'"))
    for (const { text } of domain) {
      const [, names = ''] = text.match(/import \{([^}]*)\} from 'node:crypto'/) ?? []
      expect(
        names
          .split(',')
          .map(name => name.trim())
          .filter(Boolean),
      ).toEqual(['timingSafeEqual'])
    }
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

  it('lists every package among the dependencies, and nothing of the project depends on an unlisted one', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8'))
    const known = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)])
    const packages = imports.filter(({ own, to }) => !own && !to.startsWith('node:'))
    expect(packages.filter(({ to }) => !known.has(to) || builtinModules.includes(to))).toEqual([])
  })

  it.each([
    ['the environment', /process\.env/, /^config\.ts$/],
    ['the process clock', /Date\.now\(|new Date\(\)|performance\.now\(|hrtime/, /^adapters\/node\//],
    ['randomness', /randomBytes|randomInt|randomUUID|Math\.random|getRandomValues/, /^adapters\/node\//],
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
