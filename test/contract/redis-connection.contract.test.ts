/** What the connection promises while its server fails: an answer in time, nothing twice, and recovery by itself. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RedisConfig } from '../../src/adapters/redis/client.ts'
import { makeRedisCodeStore } from '../../src/adapters/redis/code-store.ts'
import { openRedis } from '../../src/adapters/redis/open-redis.ts'
import { makeRedisSendLimits } from '../../src/adapters/redis/send-limits.ts'
import { MfaError } from '../../src/domain/errors.ts'
import { contactLimit } from '../../src/domain/limits.ts'
import { freePort } from '../support/ports.ts'
import { addressesOf, type OwnRedis, startRedis, tell } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'
import { startTcpSwitch } from '../support/tcp-switch.ts'
import { newChallenge } from './sample-codes.ts'

/** A machine that runs all suites at once may take longer than the 300 ms of production. */
const PATIENT_MS = 5000
/** Of production: for what is said of a deadline. */
const impatient = { deadlineMs: 300 }

const toClose: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

async function start(options: { port?: number; options?: string[] } = {}): Promise<OwnRedis> {
  const server = await startRedis(options)
  toClose.push(server.stop)
  return server
}

async function connectTo(url: string, config: Partial<RedisConfig> = {}) {
  const redis = await openRedis({ ...addressesOf({ url }), deadlineMs: PATIENT_MS, ...config }, () => 0)
  toClose.push(redis.close)
  return redis
}

/** The cause, as it would be logged, of the `unavailable` that this ends in. */
async function causeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(MfaError)
  expect(error).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 2 } })
  return error instanceof MfaError ? String(error.cause) : ''
}

const recovery = { timeout: 15_000, interval: 20 }
const limit = contactLimit(newChallenge().binding)

describe('Redis connection', () => {
  it('opens and starts without a server, fails at once, and works when the server comes', async () => {
    const port = await freePort()
    const redis = await connectTo(`redis://127.0.0.1:${port}`)
    expect(await causeOf(redis.ping())).toMatch(/^Error: redis: /)
    await redis.checkPolicy()
    expect(await causeOf(makeRedisSendLimits(redis).reserve('a', [limit]))).toMatch(/^Error: redis: /)
    await start({ port })
    await vi.waitFor(() => redis.ping(), recovery)
    expect((await makeRedisSendLimits(redis).reserve('a', [limit])).granted).toBe(true)
  }, 30_000)

  it('gives a silent server up at its deadline, and goes on when it speaks again', async () => {
    const server = await start()
    const redis = await connectTo(server.url, impatient)
    await vi.waitFor(() => redis.ping(), recovery)
    server.pause()
    expect(await causeOf(redis.ping())).toBe('Error: redis: deadline')
    expect(await causeOf(makeRedisCodeStore(redis).open(newChallenge()))).toBe('Error: redis: deadline')
    server.resume()
    await vi.waitFor(() => redis.ping(), recovery)
  }, 30_000)

  it('hears an answer that came in time, though this process was too busy to read it in time', async () => {
    const redis = await connectTo((await start()).url, impatient)
    await vi.waitFor(() => redis.ping(), recovery)
    const answered = redis.ping()
    const busyUntil = performance.now() + 1000
    while (performance.now() < busyUntil);
    await answered
  })

  it('gives a server up that stays silent, and finds it again after a restart', async () => {
    const server = await start()
    const redis = await connectTo(server.url, impatient)
    server.pause()
    await causeOf(redis.ping())
    await server.stop()
    await vi.waitFor(async () => expect(await causeOf(redis.ping())).not.toBe('Error: redis: deadline'), recovery)
    await start({ port: server.port })
    await vi.waitFor(() => redis.ping(), recovery)
  }, 30_000)

  // The connection breaks after the server has executed the call and before it has answered (L-42): a second sending would charge twice.
  it('never sends a call again whose answer was lost', async () => {
    const server = await start()
    const proxy = await startProxy(server.port)
    const redis = await connectTo(`redis://127.0.0.1:${proxy.port}`)
    const day = { ...limit, key: 't/lost', windows: [{ max: 100, perUtcDay: true }] as const }
    const limits = makeRedisSendLimits(redis)
    expect(await limits.reserve('a', [day])).toEqual({ granted: true, used: { 't/lost': 1 } })
    proxy.loseNextAnswer()
    await causeOf(limits.reserve('b', [day]))
    await vi.waitFor(() => redis.ping(), recovery)
    expect(await limits.reserve('c', [day])).toEqual({ granted: true, used: { 't/lost': 3 } })
  }, 30_000)

  it('leaves a server that has become a replica, and uses it again when it is a master', async () => {
    const server = await start()
    const redis = await connectTo(server.url)
    await tell(server.url, 'REPLICAOF', '127.0.0.1', `${await freePort()}`)
    expect(await causeOf(makeRedisSendLimits(redis).reserve('a', [limit]))).toBe('Error: redis: READONLY')
    await tell(server.url, 'REPLICAOF', 'NO', 'ONE')
    await vi.waitFor(() => makeRedisSendLimits(redis).reserve('a', [limit]), recovery)
  }, 30_000)

  // O-24: whoever is asked for nothing but its readiness would stay with the replica for ever.
  it('is not ready on a server that has become a replica, and asking is enough to leave it', async () => {
    const [server, other] = [await start(), await start()]
    const address = await startTcpSwitch(server.port)
    toClose.push(address.close)
    const redis = await connectTo(`redis://127.0.0.1:${address.port}`)
    await redis.ping()
    address.to(other.port)
    await server.tell('REPLICAOF', '127.0.0.1', `${other.port}`)
    expect(await causeOf(redis.ping())).toBe('Error: redis: READONLY')
    await vi.waitFor(() => redis.ping(), recovery)
  }, 30_000)

  it('is not ready while the server loads its data', async () => {
    const slow = [
      '--rdbcompression',
      'no',
      '--key-load-delay',
      '20000',
      '--loading-process-events-interval-bytes',
      '1024',
    ]
    const server = await start({ options: ['--enable-debug-command', 'yes', ...slow] })
    const redis = await connectTo(server.url)
    await server.tell('DEBUG', 'POPULATE', '50', 'key', '2000')
    const loading = server.tell('DEBUG', 'RELOAD')
    await vi.waitFor(async () => expect(await causeOf(redis.ping())).toBe('Error: redis: LOADING'), recovery)
    await vi.waitFor(() => redis.ping(), recovery)
    await loading
  }, 30_000)

  it('fails when the server is full, and gives back what it had reserved', async () => {
    const server = await start()
    const redis = await connectTo(server.url)
    await tell(server.url, 'CONFIG', 'SET', 'maxmemory', '1')
    expect(await causeOf(makeRedisSendLimits(redis).reserve('a', [limit]))).toBe('Error: redis: OOM')
    expect(await causeOf(makeRedisCodeStore(redis).open(newChallenge()))).toBe('Error: redis: OOM')
    await tell(server.url, 'CONFIG', 'SET', 'maxmemory', '0')
    expect((await makeRedisCodeStore(redis).open(newChallenge())).outcome).toBe('opened')
  })

  it('gives back what other limits had granted when one of them failed', async () => {
    const server = await start()
    const redis = await connectTo(server.url)
    const broken = { ...limit, key: 't/broken' }
    await tell(server.url, 'SET', '{t/broken}/sent', 'not a sorted set')
    expect(await causeOf(makeRedisSendLimits(redis).reserve('a', [limit, broken]))).toBe('Error: redis: WRONGTYPE')
    expect(await makeRedisSendLimits(redis).reserve('b', [limit])).toEqual({ granted: true, used: { [limit.key]: 1 } })
  })

  it('gives back what a silent server may have granted after all', async () => {
    const server = await start()
    const redis = await connectTo(server.url, impatient)
    await vi.waitFor(() => redis.ping(), recovery)
    server.pause()
    await causeOf(makeRedisSendLimits(redis).reserve('a', [limit]))
    server.resume()
    const granted = await vi.waitFor(() => makeRedisSendLimits(redis).reserve('b', [limit]), recovery)
    expect(granted).toEqual({ granted: true, used: { [limit.key]: 1 } })
  }, 30_000)

  it('forgets the sends that no window holds any more', async () => {
    const server = await start()
    let offsetMs = 0
    const redis = await openRedis({ ...addressesOf(server), deadlineMs: PATIENT_MS }, () => offsetMs)
    toClose.push(redis.close)
    const limits = makeRedisSendLimits(redis)
    for (const sendId of ['a', 'b']) await limits.reserve(sendId, [limit])
    offsetMs = 2 * 86_400_000
    await limits.reserve('c', [limit])
    expect(await server.tell('ZCARD', `{${limit.key}}/sent`)).toBe(1)
  })

  it('tells nothing of a call in the cause of its failure', async () => {
    const server = await start()
    const redis = await connectTo(server.url)
    const challenge = newChallenge()
    await tell(server.url, 'CONFIG', 'SET', 'maxmemory', '1')
    const error = await makeRedisCodeStore(redis)
      .open(challenge)
      .catch((reason: unknown) => reason)
    const seen = new Set<unknown>()
    const everything = (value: unknown): string => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return String(value)
      seen.add(value)
      return Object.getOwnPropertyNames(value)
        .map(name => `${name} ${everything(Reflect.get(value, name))}`)
        .join(' ')
    }
    expect(everything(error)).toContain('OOM')
    expect(everything(error)).not.toContain(challenge.code.digest)
    expect(everything(error)).not.toContain(challenge.binding.contactId)
  })

  it('takes a reply of another shape for a failure', async () => {
    const server = await start()
    const redis = await connectTo(server.url)
    const challenge = newChallenge()
    await makeRedisCodeStore(redis).open(challenge)
    const { portalId, contactId, codeId } = challenge.binding
    await tell(server.url, 'HSET', `{c/${portalId}/${contactId}}/${codeId}`, 'binding', '{}')
    expect(await causeOf(makeRedisCodeStore(redis).read(challenge.binding))).toBe('Error: redis: unexpected reply')
  })
})

describe('connection to a Cluster', () => {
  /** A limit in each third of the slots, so that every master is asked. */
  const many = Array.from({ length: 60 }, (_, number) => ({ ...limit, key: `t/${number}` }))

  async function startCluster() {
    const cluster = await startRedisCluster()
    toClose.push(cluster.stop)
    const redis = await connectTo(cluster.url, impatient)
    const reserveAll = () => Promise.all(many.map(one => makeRedisSendLimits(redis).reserve('same', [one])))
    await vi.waitFor(reserveAll, recovery)
    return { ...cluster, redis, reserveAll }
  }

  it('gives a silent master up at its deadline, and goes on when it speaks again', async () => {
    const { masters, redis, reserveAll } = await startCluster()
    masters[1]?.pause()
    expect(await causeOf(reserveAll())).toMatch(/^Error: redis: /)
    expect(await causeOf(redis.ping())).toMatch(/^Error: redis: /)
    masters[1]?.resume()
    await vi.waitFor(reserveAll, recovery)
    await vi.waitFor(() => redis.ping(), recovery)
  }, 60_000)

  it('finds a Cluster again whose masters were all silent until every connection was given up', async () => {
    const { masters, redis, reserveAll } = await startCluster()
    for (const server of masters) server.pause()
    // The causes change once the connections that owe an answer have been closed.
    await causeOf(reserveAll())
    await vi.waitFor(async () => expect(await causeOf(redis.ping())).toBe('Error: redis: not connected'), recovery)
    for (const server of masters) server.resume()
    await vi.waitFor(reserveAll, recovery)
    await vi.waitFor(() => redis.ping(), recovery)
  }, 60_000)
})

describe('eviction policy', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])('refuses a server with %s, unless that is allowed', async policy => {
    const server = await start({ options: ['--maxmemory-policy', policy] })
    const redis = await connectTo(server.url)
    await expect(redis.checkPolicy()).rejects.toThrow(`maxmemory-policy: ${policy}`)
    await expect(redis.checkPolicy()).rejects.not.toBeInstanceOf(MfaError)
    expect(await causeOf(redis.ping())).toBe('Error: redis: evicts keys')
    const allowed = await connectTo(server.url, { allowEviction: true })
    await allowed.checkPolicy()
    await allowed.ping()
  })

  it('accepts noeviction', async () => {
    const server = await start()
    await (await connectTo(server.url)).checkPolicy()
  })

  it('looks at every master of a Cluster', async () => {
    const cluster = await startRedisCluster()
    toClose.push(cluster.stop)
    const redis = await connectTo(cluster.url)
    await redis.checkPolicy()
    await redis.ping()
    await tell(cluster.url.split(',')[2] ?? '', 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await expect(redis.checkPolicy()).rejects.toThrow('maxmemory-policy: allkeys-random')
  }, 30_000)
})

describe('addresses', () => {
  it.each(['', 'http://127.0.0.1', 'redis://user:secret@[', 'redis://127.0.0.1,nonsense'])(
    'refuses %s without repeating it',
    async url => {
      const error = await openRedis(addressesOf({ url }), () => 0).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain('secret')
    },
  )

  it('logs in with the user and password of the address, and uses its database', async () => {
    const server = await start({ options: ['--user', 'portal', 'on', '>p%40ss', '~*', '+@all'] })
    const redis = await connectTo(`redis://portal:p%2540ss@127.0.0.1:${server.port}/3`)
    await makeRedisSendLimits(redis).reserve('a', [limit])
    expect(await tell(`${server.url}/3`, 'DBSIZE')).toBe(1)
  })
})

/** A way to the server that can lose an answer: it is executed there, and the connection breaks. */
async function startProxy(target: number): Promise<{ port: number; loseNextAnswer(): void }> {
  let losing = false
  const server: Server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    client.on('error', () => {}).on('close', () => upstream.destroy())
    upstream.on('error', () => {}).on('close', () => client.destroy())
    client.pipe(upstream)
    upstream.on('data', data => {
      if (losing) client.destroy()
      else client.write(data)
      losing = false
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  toClose.push(async () => server.close())
  return {
    port: (server.address() as AddressInfo).port,
    loseNextAnswer() {
      losing = true
    },
  }
}
