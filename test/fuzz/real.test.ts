/** Two instances over real PostgreSQL and Redis under requests of every kind, over real HTTP. */
import { afterAll, beforeAll, it } from 'vitest'
import { openReal, type TestService } from '../support/service.ts'
import { fuzz, TIMEOUT_MS } from './rounds.ts'
import { realTables, type Tables } from './tables.ts'

let service: TestService
let tables: Tables
beforeAll(async () => {
  service = await openReal()
  tables = await realTables(service)
})
afterAll(async () => {
  await tables?.close()
  await service.close({ madeUpPortals: true })
})

it(
  'PostgreSQL and Redis: no 5xx, every answer declared, nothing repeated, and nothing changed by what was refused',
  () => fuzz(service, tables),
  TIMEOUT_MS,
)
