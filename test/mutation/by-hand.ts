/**
 * Mutation testing of what Stryker does not read: runs the suites of each mutant by hand against it, in a copy of the
 * sources. Ends with 1 when one survives. `node test/mutation/by-hand.ts [part of a file's path]`
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createVitest } from 'vitest/node'
import { postgresMutants } from './postgres-mutants.ts'
import { redisMutants } from './redis-mutants.ts'

export interface Mutants {
  file: string
  /** Those that should notice, in this order. */
  suites: string[]
  /** `from` stands in the file exactly once. */
  mutants: [from: string, to: string][]
}

const wanted = [...redisMutants, ...postgresMutants].filter(({ file }) => file.includes(process.argv[2] ?? ''))

const sandbox = join(process.cwd(), 'reports/mutation/by-hand')
rmSync(sandbox, { recursive: true, force: true })
mkdirSync(sandbox, { recursive: true })
for (const path of ['src', 'test', 'migrations', 'package.json']) cpSync(path, join(sandbox, path), { recursive: true })
symlinkSync(join(process.cwd(), 'node_modules'), join(sandbox, 'node_modules'))

const vitest = await createVitest('test', {
  root: sandbox,
  config: false,
  watch: false,
  bail: 1,
  maxWorkers: 1,
  include: ['test/**/*.test.ts'],
  globalSetup: ['test/support/global-setup.ts'],
  // Twins and the Cluster run the same scripts; a mutant needs to be noticed once.
  testNamePattern: /Redis(?! Cluster)|PostgreSQL/,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  reporters: [{ onInit() {} }],
})

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Lua or SQL that says nothing at all, or a machine that was too slow: such a failure proves nothing. */
const NO_PROOF =
  /.*(?:syntax error|compiling script|does not exist|could not determine|is not defined|timed? ?out|deadline).*/i

/** Whether a suite notices. A failure that proves nothing counts as none, and is told. */
async function noticed(suites: string[]): Promise<boolean> {
  for (const suite of suites) {
    const specifications = await vitest.globTestSpecifications([join(sandbox, suite)])
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications)
    const failed = testModules.flatMap(module => [...module.children.allTests('failed')])
    const errors = [...failed.flatMap(test => test.result().errors ?? []), ...unhandledErrors]
    const [noProof] = inspect(errors, { depth: 9 }).match(NO_PROOF) ?? []
    if (noProof === undefined && failed.length > 0) return true
    if (noProof !== undefined || !testModules.every(module => module.ok())) say(`proves nothing: ${noProof ?? suite}`)
  }
  return false
}

/** How many of them survive. */
async function survivorsOf({ file, suites, mutants }: Mutants): Promise<number> {
  const path = join(sandbox, file)
  const source = readFileSync(path, 'utf8')
  let survivors = 0
  for (const [from, to] of mutants) {
    if (source.split(from).length !== 2) throw new Error(`${file} has not exactly one ${from}`)
    writeFileSync(
      path,
      source.replace(from, () => to),
    )
    vitest.invalidateFile(path)
    if (!(await noticed(suites))) {
      survivors += 1
      say(`survived: ${file}\n- ${from}\n+ ${to}`)
    }
  }
  writeFileSync(path, source)
  vitest.invalidateFile(path)
  say(`${file}: ${mutants.length - survivors} of ${mutants.length} killed`)
  return survivors
}

const suites = [...new Set(wanted.flatMap(mutants => mutants.suites))]
if (await noticed(suites)) throw new Error('the suites do not pass without a mutant')
let survivors = 0
for (const mutants of wanted) survivors += await survivorsOf(mutants)
const all = wanted.reduce((sum, { mutants }) => sum + mutants.length, 0)
say(`${all - survivors} of ${all} mutants killed`)
await vitest.close()
rmSync(sandbox, { recursive: true, force: true })
process.exit(survivors > 0 ? 1 : 0)
