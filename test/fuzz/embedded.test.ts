/** The embedded service under requests of every kind, over real HTTP. */
import { afterAll, beforeAll, it } from 'vitest'
import { openEmbedded, type TestService } from '../support/service.ts'
import { fuzz, TIMEOUT_MS } from './rounds.ts'
import { catchPglite, embeddedTables, type Tables } from './tables.ts'

let service: TestService
let tables: Tables
beforeAll(async () => {
  const { opened, sql } = await catchPglite(openEmbedded)
  service = opened
  tables = await embeddedTables(sql)
})
afterAll(() => service.close({ madeUpPortals: true }))

it(
  'embedded: no 5xx, every answer declared, nothing repeated, and nothing changed by what was refused',
  () => fuzz(service, tables),
  TIMEOUT_MS,
)
