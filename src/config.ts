/** Environment → frozen configuration. Everything that is wrong is reported at once; no secret has a default. */
import { join } from 'node:path'
import { z } from 'zod'

export type Mode = 'embedded' | 'production'

export interface Config {
  mode: Mode
  http: { host: string; port: number; publicUrl: string; trustProxy: string[] }
  database: { url: string; poolMax: number }
  redis: { kind: 'memory' } | { kind: 'redis'; urls: string[]; cluster: boolean; allowEviction: boolean }
  secrets: { masterKeys: { kid: string; key: Buffer }[]; operatorSecret: string }
  sms:
    | { kind: 'inbox' }
    | { kind: 'sns'; region: string; maxPriceUsd?: number; senderId?: string; originationNumber?: string }
  email: { kind: 'inbox' } | { kind: 'ses'; region: string; from: string; configurationSet?: string }
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

interface Variable {
  name: string
  description: string
  /** Default as text; null: none; `required` in that mode. */
  embedded: string | null
  production: string | null | 'required'
}

/** Every variable there is; the README's table is held against this one by a test. */
export const configVariables: readonly Variable[] = [
  { name: 'HOST', description: 'Address to listen on', embedded: '127.0.0.1', production: '0.0.0.0' },
  { name: 'PORT', description: 'Port to listen on', embedded: '3000', production: '3000' },
  {
    name: 'PUBLIC_URL',
    description: 'Address that callers use; issuer of all tokens',
    embedded: 'http://127.0.0.1:<PORT>',
    production: 'required',
  },
  {
    name: 'TRUST_PROXY',
    description: 'Proxies whose X-Forwarded-* are believed: addresses or CIDR blocks, comma-separated',
    embedded: null,
    production: null,
  },
  {
    name: 'DATABASE_URL',
    description: 'postgres://…; embedded also pglite:<folder>',
    embedded: 'pglite:<MFA_DATA_DIR>/pglite',
    production: 'required',
  },
  {
    name: 'DATABASE_POOL_MAX',
    description: 'Connections to Postgres of one process',
    embedded: '10',
    production: '10',
  },
  {
    name: 'REDIS_URL',
    description: 'redis://… or rediss://…; several, comma-separated, are nodes of a Cluster',
    embedded: null,
    production: 'required',
  },
  {
    name: 'REDIS_CLUSTER',
    description: 'true: one URL is enough to find a Cluster',
    embedded: 'false',
    production: 'false',
  },
  {
    name: 'REDIS_ALLOW_EVICTION',
    description: 'true: start although Redis may evict keys, and with them limits',
    embedded: 'false',
    production: 'false',
  },
  {
    name: 'MFA_MASTER_KEYS',
    description: 'kid:base64 of 32 random bytes, comma-separated, the first is current',
    embedded: null,
    production: 'required',
  },
  {
    name: 'MFA_OPERATOR_SECRET',
    description: 'Secret of the client `operator`, at least 32 characters',
    embedded: null,
    production: 'required',
  },
  {
    name: 'MFA_DATA_DIR',
    description: 'Folder of embedded mode: database, drawn secrets',
    embedded: './.data',
    production: null,
  },
  { name: 'SMS_SENDER', description: 'inbox or sns', embedded: 'inbox', production: 'required' },
  { name: 'SMS_MAX_PRICE_USD', description: 'SNS: highest price of one message', embedded: null, production: null },
  {
    name: 'SMS_SENDER_ID',
    description: 'SNS: sender id where a portal has none for the country',
    embedded: null,
    production: null,
  },
  { name: 'SMS_ORIGINATION_NUMBER', description: 'SNS: number to send from', embedded: null, production: null },
  { name: 'EMAIL_SENDER', description: 'inbox or ses', embedded: 'inbox', production: 'required' },
  {
    name: 'EMAIL_FROM',
    description: 'SES: from-address where a portal has none; required with ses',
    embedded: null,
    production: null,
  },
  {
    name: 'SES_CONFIGURATION_SET',
    description: 'SES: configuration set of every message',
    embedded: null,
    production: null,
  },
  {
    name: 'AWS_REGION',
    description: 'Region of SNS and SES; required with either. All AWS_* variables of the SDK are honoured',
    embedded: null,
    production: null,
  },
  { name: 'LOG_LEVEL', description: 'fatal, error, warn, info, debug or trace', embedded: 'info', production: 'info' },
  {
    name: 'SHUTDOWN_DELAY_SECONDS',
    description: 'Seconds from readiness off to the end of listening',
    embedded: '0',
    production: '5',
  },
  {
    name: 'ALLOW_REMOTE_EMBEDDED',
    description: 'true: embedded mode may listen beyond loopback',
    embedded: 'false',
    production: null,
  },
]

type Environment = Record<string, string | undefined>

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/
const MASTER_KEY_BYTES = 32

/** The data directory of embedded mode, needed before the secrets that lie in it. */
export const dataDirectory = (env: Environment = process.env): string => env.MFA_DATA_DIR || './.data'

/** For the migration step, which needs nothing else. */
export function databaseUrl(env: Environment = process.env): string {
  if (!env.DATABASE_URL) throw new ConfigError(['DATABASE_URL is required'])
  return env.DATABASE_URL
}

/** Reads the whole environment. `drawn`: the secrets of embedded mode, where the variables are not set. Throws {@link ConfigError}. */
export function readConfig(
  env: Environment = process.env,
  mode: Mode,
  drawn?: { masterKeys: string; operatorSecret: string },
): Config {
  const problems: string[] = []
  const read = makeReader(env, mode, problems)
  const port = read('PORT', z.coerce.number().int().min(0).max(65_535), 3000)
  const host = read('HOST', z.string(), '127.0.0.1')
  const dataDir = dataDirectory(env)
  const config: Config = {
    mode,
    http: { host, port, publicUrl: publicUrl(read, mode, port, problems), trustProxy: trustProxy(read) },
    database: {
      url: databaseOf(read, mode, dataDir),
      poolMax: read('DATABASE_POOL_MAX', z.coerce.number().int().min(1).max(500), 10),
    },
    redis: redisOf(read),
    secrets: {
      masterKeys: masterKeys(env.MFA_MASTER_KEYS || drawn?.masterKeys, problems),
      operatorSecret: operatorSecret(env.MFA_OPERATOR_SECRET || drawn?.operatorSecret, problems),
    },
    sms: smsOf(read, { mode, problems }),
    email: emailOf(read, { mode, problems }),
    dataDir,
    log: { level: read('LOG_LEVEL', z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']), 'info') },
    shutdownDelaySeconds: read('SHUTDOWN_DELAY_SECONDS', z.coerce.number().min(0).max(60), mode === 'embedded' ? 0 : 5),
  }
  const remote = mode === 'embedded' && !LOOPBACK.test(host)
  if (remote && !read('ALLOW_REMOTE_EMBEDDED', z.stringbool(), false))
    problems.push(
      'HOST is beyond loopback: embedded mode has an open inbox; set ALLOW_REMOTE_EMBEDDED=true if you mean it',
    )
  if (problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(config)
}

type Reader = <T>(name: string, schema: z.ZodType<T>, otherwise: T) => T

/** Reads one variable: its value, else the table's default for the mode; notes a problem and goes on with `otherwise`. */
function makeReader(env: Environment, mode: Mode, problems: string[]): Reader {
  return (name, schema, otherwise) => {
    const fallback = configVariables.find(variable => variable.name === name)?.[mode] ?? null
    const given = env[name] || (fallback === 'required' || fallback?.includes('<') ? undefined : fallback)
    if (given === undefined || given === null) {
      if (fallback === 'required') problems.push(`${name} is required`)
      return otherwise
    }
    const parsed = schema.safeParse(given)
    if (!parsed.success) problems.push(`${name}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`)
    return parsed.success ? parsed.data : otherwise
  }
}

function publicUrl(read: Reader, mode: Mode, port: number, problems: string[]): string {
  const url = read('PUBLIC_URL', z.url({ protocol: /^https?$/ }), `http://127.0.0.1:${port}`).replace(/\/+$/, '')
  const { protocol, hostname } = new URL(url)
  if (mode === 'production' && protocol === 'http:' && !LOOPBACK.test(hostname))
    problems.push('PUBLIC_URL must be https')
  return url
}

const ADDRESS = /^[0-9a-fA-F.:]*[.:][0-9a-fA-F.:]*(\/\d{1,3})?$/

/** L-01: a number of hops, or `true`, would believe what an attacker writes. */
const trustProxy = (read: Reader): string[] =>
  read(
    'TRUST_PROXY',
    z
      .string()
      .transform(list)
      .pipe(z.array(z.string().regex(ADDRESS, 'addresses or CIDR blocks only'))),
    [],
  )

function databaseOf(read: Reader, mode: Mode, dataDir: string): string {
  const postgres = /^postgres(ql)?:\/\//
  const allowed = mode === 'production' ? postgres : /^(postgres(ql)?:\/\/|pglite:)/
  const rule =
    mode === 'production'
      ? 'must be postgres://… (pglite is for embedded mode)'
      : 'must be postgres://… or pglite:<folder>'
  return read('DATABASE_URL', z.string().regex(allowed, rule), `pglite:${join(dataDir, 'pglite')}`)
}

function redisOf(read: Reader): Config['redis'] {
  const node = z.string().regex(/^rediss?:\/\//, 'must be redis://… or rediss://…')
  const urls = read('REDIS_URL', z.string().transform(list).pipe(z.array(node)), [])
  const cluster = read('REDIS_CLUSTER', z.stringbool(), false) || urls.length > 1
  const allowEviction = read('REDIS_ALLOW_EVICTION', z.stringbool(), false)
  return urls.length > 0 ? { kind: 'redis', urls, cluster, allowEviction } : { kind: 'memory' }
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

function needed(read: Reader, name: string, because: string, problems: string[]): string {
  const value = read(name, z.string(), '')
  if (!value) problems.push(`${name} is required with ${because}`)
  return value
}

function smsOf(read: Reader, { mode, problems }: Place): Config['sms'] {
  if (read('SMS_SENDER', senders(mode, 'sns'), 'inbox') === 'inbox') return { kind: 'inbox' }
  const maxPriceUsd = read('SMS_MAX_PRICE_USD', z.coerce.number().positive().optional(), undefined)
  const senderId = read(
    'SMS_SENDER_ID',
    z
      .string()
      .regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}$/)
      .optional(),
    undefined,
  )
  const originationNumber = read(
    'SMS_ORIGINATION_NUMBER',
    z
      .string()
      .regex(/^\+?\d{5,14}$/)
      .optional(),
    undefined,
  )
  return {
    kind: 'sns',
    region: needed(read, 'AWS_REGION', 'SMS_SENDER=sns', problems),
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
      .regex(/^[\w-]{1,64}$/)
      .optional(),
    undefined,
  )
  return {
    kind: 'ses',
    region: needed(read, 'AWS_REGION', 'EMAIL_SENDER=ses', problems),
    from: needed(read, 'EMAIL_FROM', 'EMAIL_SENDER=ses', problems),
    ...(configurationSet === undefined ? {} : { configurationSet }),
  }
}

function masterKeys(text: string | undefined, problems: string[]): Config['secrets']['masterKeys'] {
  const keys = list(text ?? '').map(entry => {
    const [kid = '', encoded = ''] = entry.split(/:(.*)/s)
    return { kid, key: Buffer.from(encoded, 'base64') }
  })
  const kids = keys.map(({ kid }) => kid)
  if (keys.length === 0) problems.push('MFA_MASTER_KEYS is required')
  if (kids.some(kid => !/^[a-z0-9-]{1,16}$/.test(kid)) || new Set(kids).size !== kids.length)
    problems.push('MFA_MASTER_KEYS: each key needs a name of its own, kid:base64, kid of a-z 0-9 -')
  if (keys.some(({ key }) => key.length !== MASTER_KEY_BYTES || key.every(byte => byte === key[0])))
    problems.push(`MFA_MASTER_KEYS: each key is ${MASTER_KEY_BYTES} random bytes in base64`)
  return keys
}

function operatorSecret(secret: string | undefined, problems: string[]): string {
  if (!secret || secret.length < 32) problems.push('MFA_OPERATOR_SECRET is required, at least 32 characters')
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
