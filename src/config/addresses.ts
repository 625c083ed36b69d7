/** Where the service listens, what it is called from outside, and where its stores are. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { listOf, type Mode, type Reader, whole } from './reader.ts'

export interface HttpConfig {
  host: string
  port: number
  publicUrl: string
  trustProxy: string[]
  loopDelayMaxMs: number
}

export interface DatabaseConfig {
  url: string
  poolMax: number
}

export type RedisConfig =
  | { kind: 'memory' }
  | { kind: 'redis'; urls: string[]; cluster: boolean; allowEviction: boolean }

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/

export function httpOf(reader: Reader): HttpConfig {
  const port = reader.read('PORT', whole(0, 65_535))
  return {
    host: hostOf(reader),
    port,
    publicUrl: reader.read('PUBLIC_URL', publicUrl(reader.mode), `http://127.0.0.1:${port}`),
    trustProxy: reader.read('TRUST_PROXY', listOf(z.string().refine(isProxy, 'addresses or CIDR blocks only')), []),
    loopDelayMaxMs: reader.read('LOOP_DELAY_MAX_MS', whole(0, 10_000)),
  }
}

function hostOf({ mode, problems, read }: Reader): string {
  const host = read('HOST', z.string())
  const remoteAllowed = read('ALLOW_REMOTE_EMBEDDED', z.stringbool(), false)
  if (mode === 'embedded' && !LOOPBACK.test(host) && !remoteAllowed)
    problems.push(
      'HOST is beyond loopback: embedded mode has an open inbox; set ALLOW_REMOTE_EMBEDDED=true if you mean it',
    )
  return host
}

const publicUrl = (mode: Mode) =>
  z
    .url({ protocol: /^https?$/, error: 'must be https://…' })
    .refine(text => !/[?#@]/.test(text), 'must have no query, fragment or password')
    .refine(text => mode === 'embedded' || secure(text), 'must be https beyond loopback')
    .transform(text => text.replace(/\/+$/, ''))

const secure = (url: string): boolean =>
  URL.canParse(url) && (new URL(url).protocol === 'https:' || LOOPBACK.test(new URL(url).hostname))

/** L-01: a number of hops, `true`, or a block that is everybody would believe what an attacker writes. */
function isProxy(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  const block = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits)
  return isIP(address) > 0 && block && rest.length === 0
}

export const databaseOf = ({ mode, read }: Reader, dataDir: string): DatabaseConfig => ({
  url: read('DATABASE_URL', databaseAddress(mode), `pglite:${join(dataDir, 'pglite')}`),
  poolMax: read('DATABASE_POOL_MAX', whole(1, 500)),
})

export function databaseAddress(mode: Mode) {
  const isPostgres = (text: string) => /^postgres(ql)?:\/\//.test(text) && hasHost(text)
  return mode === 'production'
    ? z.string().refine(isPostgres, 'must be postgres://… (pglite is for embedded mode)')
    : z
        .string()
        .refine(text => isPostgres(text) || text.startsWith('pglite:'), 'must be postgres://… or pglite:<folder>')
}

export function redisOf({ read, problems }: Reader): RedisConfig {
  const node = z.string().refine(text => /^rediss?:\/\//.test(text) && hasHost(text), 'must be redis://… or rediss://…')
  const urls = read('REDIS_URL', listOf(node), [])
  const cluster = read('REDIS_CLUSTER', z.stringbool().optional())
  const allowEviction = read('REDIS_ALLOW_EVICTION', z.stringbool())
  if (urls.length > 1 && cluster === false) problems.push('REDIS_CLUSTER: several addresses are nodes of a Cluster')
  return urls.length > 0
    ? { kind: 'redis', urls, cluster: cluster ?? urls.length > 1, allowEviction }
    : { kind: 'memory' }
}

/** An address with a host; that of Postgres may be a socket (`?host=/run/postgresql`). */
const hasHost = (text: string): boolean =>
  URL.canParse(text) && (new URL(text).hostname !== '' || new URL(text).searchParams.has('host'))
