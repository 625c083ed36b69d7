/** Environment → frozen configuration. Everything that is wrong is reported at once; no secret has a default. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { configVariables } from './config-variables.ts'

export type Mode = 'embedded' | 'production'

export interface Config {
  mode: Mode
  http: { host: string; port: number; publicUrl: string; trustProxy: string[]; loopDelayMaxMs: number }
  database: { url: string; poolMax: number }
  redis: { kind: 'memory' } | { kind: 'redis'; urls: string[]; cluster: boolean; allowEviction: boolean }
  secrets: { masterKeys: { kid: string; key: Buffer }[]; operatorSecret: string }
  sms:
    | { kind: 'inbox' }
    | { kind: 'sns'; region: string; maxPriceUsd?: number; senderId?: string; originationNumber?: string }
  email: { kind: 'inbox' } | { kind: 'ses'; region: string; from: string; configurationSet?: string }
  /** Days for which events are kept; null: for ever. */
  audit: { retentionDays: number | null }
  dataDir: string
  log: { level: string }
  /** Seconds between readiness going off and the end of listening. */
  shutdownDelaySeconds: number
}

/** All problems of an environment, readable; never the value of a secret. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`configuration:\n${problems.join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/

/** What is set and not blank. */
const given = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

/** The data directory of embedded mode, needed before the secrets that lie in it. */
export const dataDirectory = (env: Environment = process.env): string => given(env, 'MFA_DATA_DIR') ?? './.data'

/** For the migration step, which needs nothing else. Throws {@link ConfigError}. */
export function databaseUrl(env: Environment = process.env): string {
  const url = given(env, 'DATABASE_URL')
  if (url === undefined) throw new ConfigError(['DATABASE_URL is required'])
  const { error } = database('embedded').safeParse(url)
  if (error) throw new ConfigError([`DATABASE_URL: ${messages(error)}`])
  return url
}

/** For the verification of the audit trail, beside the database. Throws {@link ConfigError}. */
export function auditRetentionDays(env: Environment = process.env): number | null {
  const problems: string[] = []
  const days = retentionDaysOf(makeReader(env, 'production', problems))
  if (problems.length > 0) throw new ConfigError(problems)
  return days
}

/** Reads the whole environment. `drawn`: the secrets of embedded mode, where the variables are not set. Throws {@link ConfigError}. */
export function readConfig(
  env: Environment = process.env,
  mode: Mode,
  drawn?: { masterKeys: string; operatorSecret: string },
): Config {
  const problems: string[] = []
  const read = makeReader(env, mode, problems)
  const secrets = mode === 'embedded' ? drawn : undefined
  const port = read('PORT', whole(0, 65_535), 3000)
  const dataDir = dataDirectory(env)
  const config: Config = {
    mode,
    http: {
      host: hostOf(read, mode, problems),
      port,
      publicUrl: publicUrl(read, mode, port),
      trustProxy: proxies(read),
      loopDelayMaxMs: read('LOOP_DELAY_MAX_MS', whole(0, 10_000), 0),
    },
    database: {
      url: read('DATABASE_URL', database(mode), `pglite:${join(dataDir, 'pglite')}`),
      poolMax: read('DATABASE_POOL_MAX', whole(1, 500), 10),
    },
    redis: redisOf(read, problems),
    secrets: {
      masterKeys: masterKeys(given(env, 'MFA_MASTER_KEYS') ?? secrets?.masterKeys, problems),
      operatorSecret: operatorSecret(given(env, 'MFA_OPERATOR_SECRET') ?? secrets?.operatorSecret, problems),
    },
    sms: smsOf(read, { mode, problems }),
    email: emailOf(read, { mode, problems }),
    audit: { retentionDays: retentionDaysOf(read) },
    dataDir,
    log: { level: read('LOG_LEVEL', z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']), 'info') },
    shutdownDelaySeconds: read('SHUTDOWN_DELAY_SECONDS', whole(0, 60), mode === 'embedded' ? 0 : 5),
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(config)
}

const retentionDaysOf = (read: Reader): number | null => read('AUDIT_RETENTION_DAYS', whole(0, 36_500), 400) || null

type Reader = <T>(name: string, schema: z.ZodType<T>, otherwise: T) => T

/** Reads one variable: its value, else the table's default for the mode; notes a problem and goes on with `otherwise`. */
function makeReader(env: Environment, mode: Mode, problems: string[]): Reader {
  return (name, schema, otherwise) => {
    const fallback = configVariables.find(variable => variable.name === name)?.[mode] ?? null
    const text = given(env, name) ?? (fallback === 'required' || fallback?.includes('<') ? null : fallback)
    if (text === null) {
      if (fallback === 'required') problems.push(`${name} is required`)
      return otherwise
    }
    const parsed = schema.safeParse(text)
    if (!parsed.success) problems.push(`${name}: ${messages(parsed.error)}`)
    return parsed.success ? parsed.data : otherwise
  }
}

/** On one line, each once, and without the value that they are about. */
const messages = ({ issues }: z.ZodError): string => [...new Set(issues.map(({ message }) => message))].join('; ')

/** Digits only: Number() would take `0x50` and `1e3` as well. */
const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().min(min).max(max))

/** In US dollars; written out, for the reason above. */
const price = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a price such as 0.15')
  .transform(Number)
  .pipe(z.number().positive())

const listOf = (item: z.ZodType<string, string>) => z.string().transform(list).pipe(z.array(item).min(1, 'is empty'))

function hostOf(read: Reader, mode: Mode, problems: string[]): string {
  const host = read('HOST', z.string(), '127.0.0.1')
  const remoteAllowed = read('ALLOW_REMOTE_EMBEDDED', z.stringbool(), false)
  if (mode === 'embedded' && !LOOPBACK.test(host) && !remoteAllowed)
    problems.push(
      'HOST is beyond loopback: embedded mode has an open inbox; set ALLOW_REMOTE_EMBEDDED=true if you mean it',
    )
  return host
}

function publicUrl(read: Reader, mode: Mode, port: number): string {
  const url = z
    .url({ protocol: /^https?$/, error: 'must be https://…' })
    .refine(text => !/[?#@]/.test(text), 'must have no query, fragment or password')
    .refine(text => mode === 'embedded' || secure(text), 'must be https beyond loopback')
  return read('PUBLIC_URL', url, `http://127.0.0.1:${port}`).replace(/\/+$/, '')
}

const secure = (url: string): boolean =>
  URL.canParse(url) && (new URL(url).protocol === 'https:' || LOOPBACK.test(new URL(url).hostname))

/** L-01: a number of hops, `true`, or a block that is everybody would believe what an attacker writes. */
function isProxy(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  const block = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits)
  return isIP(address) > 0 && block && rest.length === 0
}

const proxies = (read: Reader): string[] =>
  read('TRUST_PROXY', listOf(z.string().refine(isProxy, 'addresses or CIDR blocks only')), [])

/** An address with a host; that of Postgres may be a socket (`?host=/run/postgresql`). */
const hasHost = (text: string): boolean =>
  URL.canParse(text) && (new URL(text).hostname !== '' || new URL(text).searchParams.has('host'))

function database(mode: Mode) {
  const isPostgres = (text: string) => /^postgres(ql)?:\/\//.test(text) && hasHost(text)
  return mode === 'production'
    ? z.string().refine(isPostgres, 'must be postgres://… (pglite is for embedded mode)')
    : z
        .string()
        .refine(text => isPostgres(text) || text.startsWith('pglite:'), 'must be postgres://… or pglite:<folder>')
}

function redisOf(read: Reader, problems: string[]): Config['redis'] {
  const node = z.string().refine(text => /^rediss?:\/\//.test(text) && hasHost(text), 'must be redis://… or rediss://…')
  const urls = read('REDIS_URL', listOf(node), [])
  const cluster = read('REDIS_CLUSTER', z.stringbool().optional(), undefined)
  const allowEviction = read('REDIS_ALLOW_EVICTION', z.stringbool(), false)
  if (urls.length > 1 && cluster === false) problems.push('REDIS_CLUSTER: several addresses are nodes of a Cluster')
  return urls.length > 0
    ? { kind: 'redis', urls, cluster: cluster ?? urls.length > 1, allowEviction }
    : { kind: 'memory' }
}

interface Place {
  mode: Mode
  problems: string[]
}

/** Production never sends into the inbox. */
const senders = (mode: Mode, provider: 'sns' | 'ses') =>
  z.string().refine(value => value === provider || (mode === 'embedded' && value === 'inbox'), {
    error: mode === 'embedded' ? `must be inbox or ${provider}` : `must be ${provider}`,
  })

function needed(read: Reader, name: string, schema: z.ZodType<string>, because: string, problems: string[]): string {
  const before = problems.length
  const value = read(name, schema, '')
  if (!value && problems.length === before) problems.push(`${name} is required with ${because}`)
  return value
}

const region = z.string().regex(/^[a-z0-9-]{4,32}$/, 'a region such as eu-central-1')

function smsOf(read: Reader, { mode, problems }: Place): Config['sms'] {
  if (read('SMS_SENDER', senders(mode, 'sns'), 'inbox') === 'inbox') return { kind: 'inbox' }
  const maxPriceUsd = read('SMS_MAX_PRICE_USD', price.optional(), undefined)
  const senderId = read(
    'SMS_SENDER_ID',
    z
      .string()
      .regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}$/, '3 to 11 letters, digits and hyphens, one of them a letter')
      .optional(),
    undefined,
  )
  const originationNumber = read(
    'SMS_ORIGINATION_NUMBER',
    z
      .string()
      .regex(/^\+?\d{5,14}$/, '5 to 14 digits')
      .optional(),
    undefined,
  )
  return {
    kind: 'sns',
    region: needed(read, 'AWS_REGION', region, 'SMS_SENDER=sns', problems),
    ...(maxPriceUsd === undefined ? {} : { maxPriceUsd }),
    ...(senderId === undefined ? {} : { senderId }),
    ...(originationNumber === undefined ? {} : { originationNumber }),
  }
}

function emailOf(read: Reader, { mode, problems }: Place): Config['email'] {
  if (read('EMAIL_SENDER', senders(mode, 'ses'), 'inbox') === 'inbox') return { kind: 'inbox' }
  const configurationSet = read(
    'SES_CONFIGURATION_SET',
    z
      .string()
      .regex(/^[\w-]{1,64}$/, 'letters, digits, _ and -, at most 64')
      .optional(),
    undefined,
  )
  return {
    kind: 'ses',
    region: needed(read, 'AWS_REGION', region, 'EMAIL_SENDER=ses', problems),
    from: needed(read, 'EMAIL_FROM', z.email('one plain address').max(254), 'EMAIL_SENDER=ses', problems),
    ...(configurationSet === undefined ? {} : { configurationSet }),
  }
}

/** 32 bytes in base64. Node's own decoder skips what is not base64, and so would take another key than was written. */
const ENCODED_KEY = /^[A-Za-z0-9+/]{43}=?$/

function masterKeys(text: string | undefined, problems: string[]): Config['secrets']['masterKeys'] {
  const entries = list(text ?? '').map(entry => {
    const [kid = '', encoded = ''] = entry.split(/:(.*)/s)
    return { kid, encoded, key: Buffer.from(encoded, 'base64') }
  })
  const kids = entries.map(({ kid }) => kid)
  if (entries.length === 0) problems.push('MFA_MASTER_KEYS is required')
  if (kids.some(kid => !/^[a-z0-9-]{1,16}$/.test(kid)) || new Set(kids).size !== kids.length)
    problems.push('MFA_MASTER_KEYS: each key needs a name of its own, kid:base64, kid of a-z 0-9 -, at most 16')
  if (entries.some(({ encoded, key }) => !ENCODED_KEY.test(encoded) || key.every(byte => byte === key[0])))
    problems.push('MFA_MASTER_KEYS: each key is 32 random bytes in base64')
  return entries.map(({ kid, key }) => ({ kid, key }))
}

function operatorSecret(secret: string | undefined, problems: string[]): string {
  if (secret === undefined) problems.push('MFA_OPERATOR_SECRET is required')
  else if (secret.length < 32) problems.push('MFA_OPERATOR_SECRET: at least 32 characters')
  return secret ?? ''
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null && !Buffer.isBuffer(member)) deepFreeze(member)
  return Object.freeze(value)
}
