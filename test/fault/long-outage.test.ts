/** An outage of more than a minute, after which the list of revoked clients is not believed any more. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { openPortal } from '../support/portal.ts'
import { mustRecover } from './after-fault.ts'
import { challenged, portalSettings } from './pending.ts'
import { openWarm } from './under-fault.ts'

/** From the start of the service: just after a poll of the list has failed, when the next regular one is far away. */
const OUTAGE_ENDS_MS = 83_500

/** Of both: the outage is what this is about. */
const DEADLINE_MS = 2000

let service: ServiceBehindProxies
let opened: number
beforeAll(async () => {
  opened = performance.now()
  service = await openWarm(DEADLINE_MS)
})
afterAll(() => service.close())

it('PostgreSQL and Redis silent for over a minute: 503 all the time, then everything is as before within 10 s', async () => {
  const acme = await openPortal(service, portalSettings)
  const challenge = await challenged(acme)
  for (const dependency of ['postgres', 'redis'] as const)
    await service.proxies[dependency].fail({ kind: 'black hole' })
  while (performance.now() < opened + OUTAGE_ENDS_MS) {
    const answers = [acme.decide('anybody'), acme.verify(challenge.contactId, challenge, challenge.code)]
    for (const { status } of await Promise.all(answers)) expect(status).toBe(503)
    expect((await service.request('GET', '/health/live')).status).toBe(200)
    await wait(1000)
  }
  await mustRecover(service, { acme })
  expect((await acme.verify(challenge.contactId, challenge, challenge.code)).status).toBe(200)
  // An operator reads once that a job fails, however often it was tried, and once that it works again.
  const said = (what: string) =>
    service
      .log()
      .split(`"job":"revocations"`)
      .filter(rest => rest.split('\n')[0]?.includes(what))
  expect(said('a background job fails')).toHaveLength(service.instances.length)
  expect(said('a background job works again')).toHaveLength(service.instances.length)
})
