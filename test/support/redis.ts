/** Real Redis servers for tests: one, or a Cluster of three, on free ports of 127.0.0.1. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface TestRedis {
  /** `redis://…`; several, separated by commas, for a Cluster. */
  url: string
  /** Deletes every key. */
  flush(): Promise<void>
  /** Forgets every loaded script. */
  flushScripts(): Promise<void>
  /** Deletes one key, wherever it lies. */
  forget(key: string): Promise<void>
  /** Every key with its TTL in ms (-1: none) and value, one a line: for tests that look for what must not be there. */
  dump(): Promise<string[]>
  stop(): Promise<void>
}

/** A server of our own, which can also be made to fail. */
export interface OwnRedis extends TestRedis {
  port: number
  /** Silent, as behind a black hole, until it is resumed. */
  pause(): void
  resume(): void
}

const BINARIES = ['redis-server', 'valkey-server']
const START_PATIENCE_MS = 15_000

/**
 * The server of TEST_REDIS_URL (whose keys are deleted by `flush`), else one of our own: without persistence, and with
 * `noeviction`. `options` are further arguments of redis-server; with `port` or `options` it is always one of our own.
 */
export async function startRedis(): Promise<TestRedis>
export async function startRedis(own: { port?: number; options?: string[] }): Promise<OwnRedis>
export async function startRedis(own?: { port?: number; options?: string[] }): Promise<TestRedis> {
  const given = process.env.TEST_REDIS_URL
  if (given && !own) return { ...accessTo([given]), stop: async () => {} }
  return startServer(own?.port ?? (await freePort()), own?.options ?? [])
}

/** Three masters that share the slots, without replicas; each can be made to fail. */
export async function startRedisCluster(): Promise<TestRedis & { servers: OwnRedis[] }> {
  const buses = [await freePort(), await freePort(), await freePort()]
  const servers = await Promise.all(
    buses.map(async bus => {
      const options = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '2000']
      return startServer(await freePort(), options)
    }),
  )
  const stop = async () => {
    await Promise.all(servers.map(server => server.stop()))
  }
  try {
    await joinCluster(servers, buses)
  } catch (error) {
    await stop()
    throw error
  }
  const urls = servers.map(({ url }) => url)
  return { ...accessTo(urls), stop, servers }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startServer(port: number, options: string[]): Promise<OwnRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'portal-mfa-redis-'))
  const always = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no']
  const server = spawn(serverBinary(), [...always, '--maxmemory-policy', 'noeviction', ...options], { stdio: 'ignore' })
  const killAtExit = () => server.kill('SIGKILL')
  process.once('exit', killAtExit)

  async function stop(): Promise<void> {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL')
      await once(server, 'exit')
    }
    process.removeListener('exit', killAtExit)
    rmSync(dir, { recursive: true, force: true })
  }

  const url = `redis://127.0.0.1:${port}`
  try {
    await untilItAnswers(server, url)
  } catch (error) {
    await stop()
    throw error
  }
  const signal = (name: NodeJS.Signals) => () => void server.kill(name)
  return { ...accessTo([url]), port, stop, pause: signal('SIGSTOP'), resume: signal('SIGCONT') }
}

/** The path of a server binary; installs one on Debian as root, else tells what to install. */
function serverBinary(): string {
  const found = () =>
    (process.env.PATH ?? '')
      .split(delimiter)
      .flatMap(dir => BINARIES.map(name => join(dir, name)))
      .find(path => existsSync(path))
  if (!found() && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))
    spawnSync('apt-get', ['install', '-y', 'redis-server'], { stdio: 'ignore' })
  const path = found()
  if (!path) throw new Error('the tests need redis-server or valkey-server (7 or later) on PATH, or TEST_REDIS_URL')
  return path
}

async function untilItAnswers(server: ChildProcess, url: string): Promise<void> {
  await until(`redis-server at ${url}`, async () => {
    if (server.exitCode !== null) throw new Error(`redis-server has ended with ${server.exitCode}`)
    return (await on(url, client => client.ping()).catch(() => '')) === 'PONG'
  })
}

async function joinCluster(servers: OwnRedis[], buses: number[]): Promise<void> {
  const [first] = servers
  for (const [index, { url }] of servers.entries()) {
    const range = [index, index + 1].map(part => Math.round((16_384 / servers.length) * part))
    await on(url, client => client.call('CLUSTER', 'ADDSLOTSRANGE', `${range[0]}`, `${(range[1] ?? 0) - 1}`))
    await on(url, client => client.call('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`))
    if (first && index > 0)
      await on(first.url, client =>
        client.call('CLUSTER', 'MEET', '127.0.0.1', `${servers[index]?.port}`, `${buses[index]}`),
      )
  }
  await until('the Cluster', async () => {
    const infos = await Promise.all(servers.map(({ url }) => on(url, client => client.cluster('INFO'))))
    return infos.every(info => /cluster_state:ok/.test(info) && info.includes(`cluster_known_nodes:${servers.length}`))
  })
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not start`)
    await wait(20)
  }
}

/** One command, past the adapters. */
export const tell = (url: string, command: string, ...args: string[]): Promise<unknown> =>
  on(url, client => client.call(command, ...args))

async function on<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: null, lazyConnect: true })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    client.disconnect()
  }
}

function accessTo(urls: string[]): Omit<TestRedis, 'stop'> {
  const onEach = <T>(work: (client: Redis) => Promise<T>) => Promise.all(urls.map(url => on(url, work)))
  return {
    url: urls.join(','),
    flush: async () => {
      await onEach(client => client.flushdb())
    },
    flushScripts: async () => {
      await onEach(client => client.call('SCRIPT', 'FLUSH'))
    },
    forget: async key => {
      await onEach(client => client.del(key).catch(unlessMoved))
    },
    dump: async () => (await onEach(dumpOf)).flat().sort(),
  }
}

/** A node of a Cluster names the one that has the key. */
function unlessMoved(error: Error): void {
  if (!error.message.startsWith('MOVED ')) throw error
}

async function dumpOf(client: Redis): Promise<string[]> {
  const keys = await client.keys('*')
  return Promise.all(
    keys.map(async key => `${key} ${await client.pttl(key)} ${JSON.stringify(await valueUnder(client, key))}`),
  )
}

async function valueUnder(client: Redis, key: string): Promise<unknown> {
  const type = await client.type(key)
  if (type === 'hash') return client.hgetall(key)
  if (type === 'zset') return client.call('ZRANGE', key, '0', '-1', 'WITHSCORES')
  if (type === 'string') return client.get(key)
  throw new Error(`nobody has taught the tests to read a ${type}`)
}
