/**
 * The whole API suite once more, over PostgreSQL and a Redis Cluster of three masters with a replica each, whose slots move
 * and whose masters change places with their replicas all the time.
 */
import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { openPortal } from '../support/portal.ts'
import { restlessness } from '../support/restless-cluster.ts'
import { openEmbedded } from '../support/service.ts'

const folder = new URL('../api/', import.meta.url)
const suites = readdirSync(folder).filter(file => file.endsWith('.test.ts'))

vi.stubEnv('TEST_REDIS', 'cluster')
afterAll(() => void vi.unstubAllEnvs())

it('takes every suite, over three masters', async () => {
  expect(suites.length).toBeGreaterThan(10)
  const service = await openEmbedded()
  const portal = await openPortal(service)
  for (const contactId of ['ann', 'bob']) await portal.enroll(contactId)
  expect(service.redis?.url.split(',')).toHaveLength(3)
  await service.close()
})

for (const file of suites) describe(`over a Cluster: ${file}`, () => import(new URL(file, folder).href))

it('has moved slots that had keys, and changed masters, while they ran', () => {
  expect(restlessness.moves).toBeGreaterThan(suites.length)
  // How many depends on the machine: each waits until all nodes have heard of the one before.
  expect(restlessness.failOvers).toBeGreaterThan(0)
})
