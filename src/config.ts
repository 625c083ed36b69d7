/** Environment → frozen configuration. Everything that is wrong is reported at once; no secret has a default. */
import { z } from 'zod'
import {
  type DatabaseConfig,
  databaseAddress,
  databaseOf,
  type HttpConfig,
  httpOf,
  type RedisConfig,
  redisOf,
} from './config/addresses.ts'
import { ConfigError, type Environment, type Mode, makeReader, needed, type Reader, whole } from './config/reader.ts'
import { type DrawnSecrets, type Secrets, secretsOf, variablesOf } from './config/secrets.ts'
import { type EmailConfig, emailOf, type SmsConfig, smsOf } from './config/senders.ts'

export interface Config {
  mode: Mode
  http: HttpConfig
  database: DatabaseConfig
  redis: RedisConfig
  secrets: Secrets
  sms: SmsConfig
  email: EmailConfig
  /** Days for which events are kept; null: for ever. */
  audit: { retentionDays: number | null }
  dataDir: string
  log: { level: string }
  /** Seconds between readiness going off and the end of listening. */
  shutdownDelaySeconds: number
}

/** The data directory of embedded mode, needed before the secrets that lie in it. */
export const dataDirectory = (env: Environment = process.env): string =>
  makeReader(env, 'embedded').read('MFA_DATA_DIR', z.string())

/** For the migration step, which needs nothing else. Throws {@link ConfigError}. */
export function databaseUrl(env: Environment = process.env): string {
  const reader = makeReader(env, 'embedded')
  const url = needed(reader, 'DATABASE_URL', databaseAddress('embedded'))
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return url
}

/** For the verification of the audit trail, beside the database. Throws {@link ConfigError}. */
export function auditRetentionDays(env: Environment = process.env): number | null {
  const reader = makeReader(env, 'production')
  const days = retentionDaysOf(reader)
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return days
}

/** Reads the whole environment. `drawn`: the secrets of embedded mode, where the variables are not set. Throws {@link ConfigError}. */
export function readConfig(env: Environment = process.env, mode: Mode, drawn?: DrawnSecrets): Config {
  const reader = makeReader(env, mode, mode === 'embedded' && drawn ? variablesOf(drawn) : {})
  const { problems, read } = reader
  const dataDir = dataDirectory(env)
  const config: Config = {
    mode,
    http: httpOf(reader),
    database: databaseOf(reader, dataDir),
    redis: redisOf(reader),
    secrets: secretsOf(reader),
    sms: smsOf(reader),
    email: emailOf(reader),
    audit: { retentionDays: retentionDaysOf(reader) },
    dataDir,
    log: { level: read('LOG_LEVEL', z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])) },
    shutdownDelaySeconds: read('SHUTDOWN_DELAY_SECONDS', whole(0, 60)),
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(config)
}

const retentionDaysOf = ({ read }: Reader): number | null => read('AUDIT_RETENTION_DAYS', whole(0, 36_500)) || null

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null && !Buffer.isBuffer(member)) deepFreeze(member)
  return Object.freeze(value)
}
