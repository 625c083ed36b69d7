/** The service as its operators run it: a process of its own in production mode, over real stores, with an SNS that shows what was sent. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openFakeSns } from './fake-sns.ts'
import type { Reach } from './portal.ts'
import { freePort } from './ports.ts'
import { createDatabase, sharedPostgres, type TestDatabase } from './postgres.ts'
import { type OwnRedis, startRedis } from './redis.ts'
import { OPERATOR_SECRET } from './service.ts'

/** What `npm start` runs. */
const START = ['--disable-proto=delete', fileURLToPath(new URL('../../src/main.ts', import.meta.url))]

/** What several processes share. */
export interface Surroundings {
  database: TestDatabase
  redis: OwnRedis
  sns: Awaited<ReturnType<typeof openFakeSns>>
  env: Record<string, string>
  close(): Promise<void>
}

export interface ServiceProcess {
  url: string
  child: ChildProcess
  /** Standard output and error so far. */
  output(): string
  /** The exit code, once it has ended; null: by a signal. */
  ended(): Promise<number | null>
}

export async function openSurroundings(): Promise<Surroundings> {
  const server = await sharedPostgres()
  const database = await createDatabase(server.url)
  const [redis, sns] = [await startRedis({}), await openFakeSns()]
  const env = {
    PUBLIC_URL: 'https://mfa.test',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    MFA_MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    MFA_OPERATOR_SECRET: OPERATOR_SECRET,
    SMS_SENDER: 'sns',
    EMAIL_SENDER: 'ses',
    EMAIL_FROM: 'mfa@example.com',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_SNS: sns.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    // A busy machine is not what these tests are about.
    LOOP_DELAY_MAX_MS: '0',
  }
  return {
    database,
    redis,
    sns,
    env,
    async close() {
      await sns.close()
      await redis.stop()
      await database.drop()
      await server.stop()
    },
  }
}

/** What differs from the surroundings; undefined: not set. */
type Variables = Record<string, string | undefined>

/** Starts a process and waits until it is ready. */
export async function startProcess(...given: Parameters<typeof spawnProcess>): Promise<ServiceProcess> {
  const service = await spawnProcess(...given)
  while ((await readiness(service.url)) !== 200)
    if (service.child.exitCode !== null)
      throw new Error(`the service has ended with ${service.child.exitCode}: ${service.output()}`)
  return service
}

/** Starts a process that may refuse to. `imports`: modules that it loads before its own; `flags`: its own. */
export async function spawnProcess(
  { env }: Pick<Surroundings, 'env'>,
  more: Variables = {},
  imports: string[] = [],
  flags: string[] = [],
): Promise<ServiceProcess> {
  const port = await freePort()
  const loading = imports.flatMap(file => ['--import', file])
  const child = spawn(process.execPath, [...loading, ...START, ...flags], {
    env: { PATH: process.env.PATH, ...env, HOST: '127.0.0.1', PORT: `${port}`, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(String(chunk)))
  const exit = once(child, 'close').then(([code]) => {
    process.removeListener('exit', killAtExit)
    return code as number | null
  })
  return { url: `http://127.0.0.1:${port}`, child, output: () => said.join(''), ended: () => exit }
}

/** Status of the readiness probe; null: nobody answers. */
export const readiness = (url: string): Promise<number | null> =>
  fetch(`${url}/health/ready`).then(
    ({ status }) => status,
    () => null,
  )

/** A process as the portals of tests reach it. */
export const reach = ({ url }: ServiceProcess, { sns }: Surroundings): Reach => ({
  async request(method, path, { token, body, headers = {} } = {}) {
    const form = typeof body === 'string'
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text ? JSON.parse(text) : '', headers: Object.fromEntries(answer.headers) }
  },
  messages: async () =>
    sns.requests.toReversed().map(({ PhoneNumber = '', Message = '' }) => ({
      channel: 'sms',
      to: PhoneNumber,
      subject: null,
      text: Message,
      html: null,
    })),
})
