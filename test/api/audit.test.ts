/** AUD-1: what portals do over the API is sealed by the service itself, on whichever instance, and an erasure breaks nothing. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeSystemClock } from '../../src/adapters/node/clock.ts'
import { makePostgresChainReading } from '../../src/adapters/postgres/chain-reading.ts'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { portalIdSchema } from '../../src/domain/ids.ts'
import { makeVerifyAudit } from '../../src/usecases/verify-audit.ts'
import { fresh, openPortal, wrong } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let database: Database
beforeAll(async () => {
  service = await openReal(2)
  database = await openDatabase({ url: service.databaseUrl, deadlineMs: 20_000 })
})
afterAll(async () => {
  await database?.close()
  await service?.close()
})

it('AUD-1: every event is sealed within seconds, and the chain stays right when a contact is erased', async () => {
  const acme = await openPortal(service)
  const contactId = fresh('contact')
  const verify = makeVerifyAudit({
    chain: makePostgresChainReading(database),
    clock: makeSystemClock(),
    retentionDays: null,
  })
  const listed = async () => (await acme.masterAdmin.get('/v1/events?limit=200')).body.items
  /** The verdict once all is sealed. */
  const sealed = () =>
    vi.waitFor(
      async () => {
        const verdict = await verify(portalIdSchema.parse(acme.portalId), [])
        expect(verdict).toMatchObject({ finding: null, waiting: 0, head: { seq: (await listed()).length } })
        return verdict
      },
      { timeout: 60_000, interval: 200 },
    )

  await acme.enroll(contactId)
  const challenge = await acme.challenge(contactId)
  await acme.verify(contactId, challenge, wrong(challenge.code))
  await acme.verify(contactId, challenge, challenge.code)
  await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, { reason: 'lost phone' })
  const before = await sealed()
  expect(JSON.stringify(await listed())).toContain('lost phone')

  expect((await acme.masterAdmin.delete(`/v1/contacts/${contactId}`)).status).toBe(204)
  expect(JSON.stringify(await listed())).not.toContain('lost phone')
  const after = await sealed()
  expect(after.head.seq).toBe(before.head.seq + 1)
})
