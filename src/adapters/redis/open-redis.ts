import type { Redis } from 'ioredis'
import { unavailable } from '../../domain/errors.ts'
import type { Dependency } from '../../ports/readiness.ts'
import { type Client, makeClient, type RedisConfig } from './client.ts'
import { DeadlineError, redisFailure } from './failure.ts'
import { type Script, scripts } from './scripts.ts'
import { makeSend } from './send.ts'

/** ms that one call may take, unless the configuration says otherwise. */
const DEADLINE_MS = 300
/** ms for which opening waits for a first connection, so that the first calls do not fail for want of one. */
const OPEN_PATIENCE_MS = 2000

export interface RedisConnection extends Dependency {
  name: 'redis'
  /**
   * Runs one script atomically, at most once. All keys lie in one slot. Rejects with `unavailable`: at once without a
   * connection (a Cluster whose nodes change is waited for), else within the deadline; whether the script ran is then unknown.
   */
  run<Reply>(script: Script<Reply>, keys: string[], args: (string | number)[]): Promise<Reply>
  /** Resolves when every master takes scripts and none evicts keys (unless allowed); else `unavailable`. */
  ping(): Promise<void>
  /**
   * For start-up: throws a plain Error that tells the operator what to set when a master may evict keys (unless allowed).
   * Resolves when none can be asked: that is no reason not to start, and `ping` goes on asking.
   */
  checkPolicy(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a connection to Redis or a Cluster. Works with a server that is down: calls fail until it is there. Waits at most
 * 2 s for it. `clockOffsetMs` is added to the server's clock; tests alone set it.
 */
export async function openRedis(config: RedisConfig, clockOffsetMs: () => number): Promise<RedisConnection> {
  const deadlineMs = config.deadlineMs ?? DEADLINE_MS
  const client = makeClient({ ...config, deadlineMs }, commands)
  const send = makeSend(client, deadlineMs)
  await within(OPEN_PATIENCE_MS, () => firstTry(client)).catch(() => {})

  const call = <T>(work: (isLate: () => boolean) => Promise<T>): Promise<T> =>
    within(deadlineMs, work).catch(error => {
      throw redisFailure(error)
    })

  /** The policy of a master that may evict keys though it must not. */
  async function evictingPolicy(): Promise<string | undefined> {
    const masters = await call(() => askMasters(client, master => master.info('memory')))
    return config.allowEviction ? undefined : masters.map(policyOf).find(policy => policy !== 'noeviction')
  }

  return {
    name: 'redis',
    run: (script, keys, args) =>
      call(async isLate => script.reply.parse(await send(script.name, [...keys, clockOffsetMs(), ...args], isLate))),
    async ping() {
      // INFO alone is answered by a replica as well, and by a server that is still loading its data.
      const probed = call(() => askMasters(client, master => master.eval(PROBE, 0)))
      const [policy] = await Promise.all([evictingPolicy(), probed])
      if (policy) throw unavailable(new Error('redis: evicts keys'))
    },
    async checkPolicy() {
      const policy = await evictingPolicy().catch(() => undefined)
      if (policy) throw new Error(`Redis may evict keys (maxmemory-policy: ${policy}); it must be noeviction`)
    },
    close: async () => client.disconnect(),
  }
}

/** The scripts as ioredis wants them: by the name of the command that it then has. */
const commands = Object.fromEntries(
  Object.values(scripts).map(({ name, lua, numberOfKeys }) => [name, { lua, numberOfKeys }]),
)

/** Rejects with a DeadlineError unless it settles in time. What has arrived while this process was busy is read first. */
async function within<T>(ms: number, work: (isLate: () => boolean) => Promise<T>): Promise<T> {
  let late = false
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late = true
    setImmediate(() => reject(new DeadlineError()))
  }, ms)
  try {
    return await Promise.race([work(() => late), deadline])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when the client and all masters are connected; rejects when the first try has failed. */
async function firstTry(client: Client): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    client.once('close', reject)
  })
  if (client.isCluster) await Promise.all(mastersOf(client).map(connected))
}

const connected = (node: Redis): Promise<void> =>
  new Promise((resolve, reject) => {
    if (node.status === 'ready') resolve()
    node.once('ready', resolve)
    node.once('end', reject)
  })

const mastersOf = (client: Client): Redis[] => ('nodes' in client ? client.nodes('master') : [client])

function askMasters<T>(client: Client, ask: (master: Redis) => Promise<T>): Promise<T[]> {
  const masters = mastersOf(client)
  if (masters.length === 0) throw new Error("the Cluster isn't connected")
  return Promise.all(masters.map(ask))
}

/** Does nothing, but is refused by a server that cannot run our scripts; one that is full still runs some of them. */
const PROBE = '#!lua flags=allow-oom\nreturn 1'

const policyOf = (info: string): string => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown'
