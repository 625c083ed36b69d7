/** What a start that fails leaves behind: nothing. */
import { expect, it } from 'vitest'
import { openAdapters } from '../../src/adapters/index.ts'
import { createDatabase, sharedPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { configOver } from '../support/service.ts'

it('closes what was opened before, when something cannot be opened', async () => {
  const server = await sharedPostgres()
  const database = await createDatabase(server.url)
  const redis = await startRedis({ options: ['--maxmemory-policy', 'allkeys-lru'] })
  try {
    const connections = async () => {
      const toPostgres = await database.sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'portal-mfa'`,
      )
      // The one that asks is among them.
      const toRedis =
        String(await redis.tell('CLIENT', 'LIST', 'TYPE', 'normal'))
          .trim()
          .split('\n').length - 1
      return toPostgres.length + toRedis
    }
    const config = configOver(database.url, redis.url)
    await expect(openAdapters(config, { deadlineMs: 20_000 })).rejects.toThrow('maxmemory-policy: allkeys-lru')
    await expect.poll(connections, { timeout: 20_000 }).toBe(0)

    await redis.tell('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    const adapters = await openAdapters(config, { deadlineMs: 20_000 })
    expect(await connections()).toBeGreaterThan(1)
    await adapters.close()
    await expect.poll(connections, { timeout: 20_000 }).toBe(0)
  } finally {
    await redis.stop()
    await database.drop()
    await server.stop()
  }
})
