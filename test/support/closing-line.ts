/** Prints `N passed, M failed` alone on the last line. What was skipped or could not run counts as failed. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const passed = tests.filter(test => test.result().state === 'passed').length
    const broken = modules.filter(module => module.state() === 'failed' && module.errors().length > 0).length
    const failed = tests.length - passed + broken + unhandled.length
    if (failed > 0 || passed === 0) process.exitCode = 1
    process.on('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  }
}
