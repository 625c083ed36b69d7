/**
 * RACE-4: verify, resend, reset, switches and time, interleaved at each await. Each port call is a step of a scheduler, over
 * PostgreSQL and the stores in memory; what single statements do to each other is for test/contract/settlement-races.test.ts.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, it } from 'vitest'
import { createDatabase, sharedPostgres, type TestDatabase } from '../support/postgres.ts'
import { checkPlay } from './interleaved/check.ts'
import { names, openPlays } from './interleaved/plays.ts'

const RUNS = 120

let database: TestDatabase
let plays: Awaited<ReturnType<typeof openPlays>>
let stop: () => Promise<void>

beforeAll(async () => {
  const server = await sharedPostgres()
  database = await createDatabase(server.url)
  plays = await openPlays(database.url)
  stop = server.stop
})
afterAll(async () => {
  await plays?.close()
  await database?.drop()
  await stop?.()
})

const command = fc.record({ name: fc.constantFrom(...names), contact: fc.constantFrom('ali', 'bea'), pick: fc.nat(20) })
/** The last of them is two guesses away from a lock, and each of the two logins one away from its fifth. */
const failures = fc.constantFrom(0, 4, 8)
const commands = fc.array(command, { minLength: 6, maxLength: 12, size: 'max' })

// A use case that looks, waits and then acts on what it saw: whatever was turned in between has slipped through.
it('RACE-4: holds I1 to I8 and I11 whatever the order in which calls come to their ports', async () => {
  const holds = fc.asyncProperty(fc.scheduler(), commands, failures, async (scheduler, given, failed) => {
    await checkPlay(await plays.play(scheduler, given, failed), plays.ports)
  })
  await fc.assert(holds, { numRuns: RUNS })
})
