/** Runs the suites of `script-mutants.ts` against each mutant, in a copy of the sources. Ends with 1 when one survives. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createVitest } from 'vitest/node'
import { type Mutants, scriptMutants } from './script-mutants.ts'

/** `node test/mutation/scripts.ts [part of a file's path]` */
const wanted = scriptMutants.filter(({ file }) => file.includes(process.argv[2] ?? ''))

const sandbox = join(process.cwd(), 'reports/mutation/scripts')
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

/** Lua or SQL that says nothing at all proves nothing when a test fails. */
const NONSENSE = /syntax error|compiling script|does not exist|could not determine|is not defined/i

async function passes(suites: string[]): Promise<boolean> {
  for (const suite of suites) {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
      await vitest.globTestSpecifications([join(sandbox, suite)]),
    )
    const failures = testModules.flatMap(module => [...module.children.allTests('failed')])
    const why = inspect(
      failures.map(test => test.result().errors),
      { depth: 9 },
    )
    if (NONSENSE.test(why)) {
      say(
        `no mutant but a mistake: ${why.match(/.*(?:syntax error|compiling|does not exist|could not|is not defined).*/i)}`,
      )
      return true
    }
    const ran = testModules.some(module => [...module.children.allTests('passed')].length > 0)
    if (!ran || unhandledErrors.length > 0 || !testModules.every(module => module.ok())) return false
  }
  return true
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
    if (await passes(suites)) {
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
if (!(await passes(suites))) throw new Error('the suites do not pass without a mutant')
let survivors = 0
for (const mutants of wanted) survivors += await survivorsOf(mutants)
const all = wanted.reduce((sum, { mutants }) => sum + mutants.length, 0)
say(`${all - survivors} of ${all} mutants killed`)
await vitest.close()
rmSync(sandbox, { recursive: true, force: true })
process.exit(survivors > 0 ? 1 : 0)
