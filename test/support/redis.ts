/** Real Redis servers for tests: one, or a replica, on free ports of 127.0.0.1. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'

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

/** Servers of our own, which can also be made to fail. */
export interface OwnServers extends TestRedis {
  /** Silent, as behind a black hole, until they are resumed. */
  pause(): void
  resume(): void
}

export interface OwnRedis extends OwnServers {
  port: number
  /** One command, past the adapters. */
  tell(...command: [string, ...string[]]): Promise<unknown>
}

const BINARIES = ['redis-server', 'valkey-server']
const START_PATIENCE_MS = 15_000
const LOG_FILE = 'redis.log'

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

/** A replica that has all of its master's data. */
export async function startReplica(master: OwnRedis): Promise<OwnRedis> {
  const replica = await startRedis({ options: ['--replicaof', '127.0.0.1', `${master.port}`] })
  await untilItFollows(replica)
  return replica
}

async function startServer(port: number, options: string[]): Promise<OwnRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'portal-mfa-redis-'))
  const always = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--logfile',
    LOG_FILE,
    '--save',
    '',
    '--appendonly',
    'no',
    '--repl-diskless-sync-delay',
    '0',
  ]
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
    await untilItAnswers(server, url, join(dir, LOG_FILE))
  } catch (error) {
    await stop()
    throw error
  }
  const signal = (name: NodeJS.Signals) => () => void server.kill(name)
  const tell = (...command: [string, ...string[]]) => on(url, client => client.call(...command))
  return { ...accessTo([url]), port, stop, tell, pause: signal('SIGSTOP'), resume: signal('SIGCONT') }
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

async function untilItAnswers(server: ChildProcess, url: string, logFile: string): Promise<void> {
  await until(`redis-server at ${url} answers`, async () => {
    if (server.exitCode !== null)
      throw new Error(`redis-server has ended with ${server.exitCode}: ${readFileSync(logFile, 'utf8')}`)
    return (await on(url, client => client.ping()).catch(() => '')) === 'PONG'
  })
}

/** Resolves when a replica has all of its master's data. */
export const untilItFollows = (replica: OwnRedis): Promise<void> =>
  until(`the replica at ${replica.url} follows`, async () =>
    /master_link_status:up/.test(String(await replica.tell('INFO', 'replication'))),
  )

/** Resolves when a replica has all that its master had when asked; WAIT would ask of this connection's writes alone. */
export async function untilItHasAll(replica: OwnRedis, master: OwnRedis): Promise<void> {
  const offsetOf = async (server: OwnRedis, name: string): Promise<number> =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(String(await server.tell('INFO', 'replication')))?.[1] ?? -1)
  const offset = await offsetOf(master, 'master_repl_offset')
  await until(`all of ${master.url} at ${replica.url}`, async () => {
    return (await offsetOf(replica, 'slave_repl_offset')) >= offset
  })
}

export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await wait(20)
  }
}

/** The same as a configuration says it. */
export function addressesOf({ url }: Pick<TestRedis, 'url'>): { urls: string[]; cluster: boolean } {
  const urls = url.split(',')
  return { urls, cluster: urls.length > 1 }
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

export function accessTo(urls: string[]): Omit<TestRedis, 'stop'> {
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
  // Each server has an order of its own.
  if (type === 'hash') return Object.entries(await client.hgetall(key)).sort()
  if (type === 'zset') return client.call('ZRANGE', key, '0', '-1', 'WITHSCORES')
  if (type === 'string') return client.get(key)
  throw new Error(`nobody has taught the tests to read a ${type}`)
}
