/** Redis loses its data, or hands over to a replica, in the middle of logins: nothing is allowed twice, and it goes on by itself. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { createDatabase, sharedPostgres } from '../support/postgres.ts'
import { type OwnRedis, startRedis, startReplica, untilItFollows, untilItHasAll } from '../support/redis.ts'
import { configOver, open, type TestService } from '../support/service.ts'
import { startTcpSwitch, type TcpSwitch } from '../support/tcp-switch.ts'
import { underLoad } from '../support/under-load.ts'

const cleanUp: (() => Promise<unknown>)[] = []
let databaseUrl: string

beforeAll(async () => {
  const server = await sharedPostgres()
  const database = await createDatabase(server.url)
  databaseUrl = database.url
  afterAll(async () => {
    await database.drop()
    await server.stop()
  })
})
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** Two instances over the address of a switch, with the deadlines of production; before it a master, with a replica. */
async function openBehindSwitch(): Promise<{
  service: TestService
  address: TcpSwitch
  master: OwnRedis
  replica: OwnRedis
}> {
  const master = await startRedis({})
  cleanUp.push(master.stop)
  const replica = await startReplica(master)
  cleanUp.push(replica.stop)
  const address = await startTcpSwitch(master.port)
  cleanUp.push(address.close)
  const redisUrl = `redis://127.0.0.1:${address.port}`
  const service = await open({ config: configOver(databaseUrl, redisUrl), instances: 2, deadlineMs: null })
  cleanUp.push(service.close)
  return { service, address, master, replica }
}

/** As an outage of the old server: its connections end, and new ones lead to the other. */
async function handOver(address: TcpSwitch, from: OwnRedis, to: OwnRedis): Promise<void> {
  address.to(to.port)
  await from.tell('CLIENT', 'KILL', 'TYPE', 'normal')
}

const promote = (replica: OwnRedis) => replica.tell('REPLICAOF', 'NO', 'ONE')

const outages = (calls: { status: number }[]): number => calls.filter(({ status }) => status === 503).length

describe('in the middle of logins', () => {
  it('Redis is killed and starts again, twice, with nothing in it', async () => {
    const first = await startRedis({})
    cleanUp.push(first.stop)
    const service = await open({ config: configOver(databaseUrl, first.url), instances: 2, deadlineMs: null })
    cleanUp.push(service.close)
    let server = first
    const calls = await underLoad(service, async () => {
      for (const downMs of [0, 1500]) {
        await server.stop()
        await wait(downMs)
        server = await startRedis({ port: first.port })
        cleanUp.push(server.stop)
      }
    })
    expect(outages(calls)).toBeGreaterThan(0)
  })

  it('the master is killed, and its replica takes over', async () => {
    const { service, address, master, replica } = await openBehindSwitch()
    const calls = await underLoad(service, async () => {
      await master.stop()
      await promote(replica)
      address.to(replica.port)
    })
    expect(outages(calls)).toBeGreaterThan(0)
  })

  // O-24: connections stay with a server that has become a replica, and every write fails until somebody restarts the client.
  it('master and replica change places, and no connection is closed', async () => {
    const { service, address, master, replica } = await openBehindSwitch()
    const calls = await underLoad(service, async () => {
      await promote(replica)
      address.to(replica.port)
      await master.tell('REPLICAOF', '127.0.0.1', `${replica.port}`)
    })
    expect(outages(calls)).toBeGreaterThan(0)
  })

  it('a replica takes over that has not heard of the last 300 ms, again and again', async () => {
    const { service, address, master, replica } = await openBehindSwitch()
    const calls = await underLoad(service, async () => {
      for (let [from, to] = [master, replica], round = 0; round < 4; [from, to] = [to, from], round++) {
        await promote(to)
        await wait(300)
        await handOver(address, from, to)
        await wait(500)
        await from.tell('REPLICAOF', '127.0.0.1', `${to.port}`)
        await untilItFollows(from)
      }
    })
    expect(outages(calls)).toBeGreaterThan(0)
  })
})

// O-25, I1, I2: what the new master has not heard of has not happened for it. Attempts are back, and codes that won are
// pending again; whoever could make Redis fail over would guess without end, if it were for Redis to say.
describe('a replica that lags takes over', () => {
  let behind: Awaited<ReturnType<typeof openBehindSwitch>>
  let acme: TestPortal
  let challenge: Awaited<ReturnType<TestPortal['challenge']>>
  const verify = (code: string) => acme.verify('ann', challenge, code)
  const takeOver = async () => {
    await handOver(behind.address, behind.master, behind.replica)
    // On every instance: requests go to them in turn.
    await vi.waitFor(
      async () => {
        for (const _ of behind.service.instances) expect((await verify('000000')).status).not.toBe(503)
      },
      { timeout: 10_000 },
    )
  }

  beforeEach(async () => {
    behind = await openBehindSwitch()
    // Within the deadlines of production, which a machine that runs all suites at once may miss.
    const prepare = async () => {
      acme = await openPortal(behind.service)
      await acme.enroll('ann')
      challenge = await acme.challenge('ann')
    }
    await vi.waitFor(prepare, { timeout: 30_000 })
    await untilItHasAll(behind.replica, behind.master)
    await promote(behind.replica)
  })

  it('and gives no verdict beyond the fifth, nor the right code a chance', async () => {
    for (let guess = 0; guess < 5; guess++) expect((await verify(wrong(challenge.code))).status).toBe(422)
    await takeOver()
    const path = `/v1/contacts/ann/challenges/${challenge.id}`
    expect((await acme.portal.get(path)).body.status).toBe('exhausted')
    for (const code of [wrong(challenge.code), challenge.code])
      expect((await verify(code)).body.code).toBe('attempts_exhausted')
  })

  it('and lets no code win twice', async () => {
    expect((await verify(challenge.code)).status).toBe(200)
    await takeOver()
    expect((await verify(challenge.code)).body.code).toBe('already_used')
  })
})
