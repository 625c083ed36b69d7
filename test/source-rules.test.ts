/** What the sources must not do whatever the tests of behaviour say: each rule is shown to see what it forbids. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './support/source-files.ts'

type Finds = (text: string) => string[]

/** No file holds what `finds` finds, which finds every one of `wrong` and none of `right`. */
function holds(finds: Finds, wrong: string[], right: string[], allowed = /^$/): void {
  expect(sourceFiles.length).toBeGreaterThan(100)
  const guarded = sourceFiles.filter(({ path }) => !allowed.test(path))
  expect(guarded.flatMap(({ path, text }) => finds(text).map(said => `${path}: ${said}`))).toEqual([])
  expect(wrong.filter(text => finds(text).length === 0)).toEqual([])
  expect(right.filter(text => finds(text).length > 0)).toEqual([])
}

const all =
  (pattern: RegExp): Finds =>
  text =>
    [...text.matchAll(pattern)].map(([found]) => found)

/** Of a template string, as source text. */
const HOLE = '$'.concat('{x}')

describe('the sources', () => {
  // SQLI-1: names and raw text are no parameters; drizzle-orm once let a caller's text out of `sql.identifier` and `.as`.
  it('SQLI-1: no source makes SQL of text that is computed', () => {
    holds(
      all(/\bsql\s*\.\s*(?:raw|identifier)\b|\.as\(|\.(?:query|execute)\(\s*(?:`[^`]*\$\{|[^)]*['"`]\s*\+)/g),
      ['sql.raw(name)', 'sql.identifier(a)', 'count().as(name)', `db.query(\`SELECT ${HOLE}\`)`, "db.query('a' + b)"],
      [`sql\`a = ${HOLE}\``, 'client.query(text, values)'],
    )
  })

  // SSRF-1, JWT-3: an address from outside that the service would call.
  it('SSRF-1, JWT-3: no source calls an address but AWS, PostgreSQL and Redis', () => {
    holds(
      all(/\bfetch\(|['"](?:node:(?:https?|http2|dns|net|tls)|undici|axios|got|node-fetch)['"]/g),
      ['await fetch(url)', "from 'node:https'", "from 'undici'"],
      ["from 'node:path'", 'fetchAll()'],
      // A type; `isIP`; and the script of embedded mode's inbox page, which a browser runs.
      /^(?:adapters\/redis\/client|config\/addresses|http\/pages\/inbox-page)\.ts$/,
    )
  })

  // BRUTE-9, BRUTE-10, IP-1: what is counted by address is lifted by another one, and shared by all behind one proxy.
  it('BRUTE-9, BRUTE-10, IP-1: no source asks from which address a caller comes', () => {
    holds(
      all(/[.{,]\s*ips?\b|remoteAddress|x-forwarded|x-real-ip|['"]forwarded['"]/gi),
      [
        'request.ip',
        'const { ip } = request',
        '(req) => req.ips',
        "headers['x-forwarded-for']",
        'socket.remoteAddress',
        "headers['Forwarded']",
      ],
      ['request.id', 'trustProxy: []'],
      // Words about TRUST_PROXY.
      /^config\/variables\.ts$/,
    )
  })

  // BIND-4: a code for tests that is still good in production.
  it('BIND-4: no source knows a code of its own, or a mode in which one would do', () => {
    holds(
      all(/\bNODE_ENV\b|['"`]\d{6,10}['"`]|\b(?:test|magic|master|bypass)_?code\b/gi),
      ["code === '123456'", "process.env.NODE_ENV === 'test'", 'const testCode = 1', '`000000`'],
      ["'+12025550167'", "'2026-03-01'"],
      // Examples of the OpenAPI document.
      /^http\/schemas\//,
    )
  })
})

// INPUT-3: one assignment to `x.__proto__` in whatever package reaches every object there is.
it('INPUT-3: the service runs without the accessor by which prototypes are polluted, wherever it is started', () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  const started = [read('package.json'), read('Dockerfile'), read('test/support/process.ts')]
  const ways = started.flatMap(text => text.split('\n').filter(line => /\bsrc\/main\.ts['"/ ]/.test(line)))
  expect(ways.length).toBeGreaterThanOrEqual(4)
  for (const way of ways) expect(way).toContain('--disable-proto=delete')
})
