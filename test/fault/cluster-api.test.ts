/** The whole API suite once more, over PostgreSQL and a Redis Cluster of three masters with a replica each. */
import { readdirSync } from 'node:fs'
import { afterAll, describe, vi } from 'vitest'

const folder = new URL('../api/', import.meta.url)

vi.stubEnv('TEST_REDIS', 'cluster')
afterAll(() => void vi.unstubAllEnvs())

for (const file of readdirSync(folder)) describe(`over a Cluster: ${file}`, () => import(new URL(file, folder).href))
