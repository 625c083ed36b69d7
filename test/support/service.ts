/** The whole service in this process, embedded or over real PostgreSQL and Redis, and a client that fails on any undeclared answer. */
import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import type { Probes } from '../../src/adapters/index.ts'
import type { Config } from '../../src/config.ts'
import { openService, type Service } from '../../src/service.ts'
import { declaredAnswers, type OpenapiDocument } from './declared-answers.ts'
import { mustNameOnePortal, type Statement } from './portal-statements.ts'
import { createDatabase, sharedPostgres } from './postgres.ts'
import { addressesOf, type OwnServers, startRedis } from './redis.ts'
import { startRestlessCluster } from './restless-cluster.ts'

export const OPERATOR_SECRET = 'operator-secret-of-the-tests-0123456789'
export const ISSUER = 'http://127.0.0.1:3000'

export interface InboxMessage {
  channel: 'sms' | 'email'
  to: string
  subject: string | null
  text: string
  html: string | null
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the service said; each test says what it expects
  body: any
  headers: Record<string, unknown>
}

export interface TestService {
  /** Instances over the same stores; requests go to them in turn. */
  instances: Service[]
  request(
    method: string,
    path: string,
    given?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>
  /** A further instance over the same stores, with master keys of its own. */
  addInstance(masterKeys: Config['secrets']['masterKeys']): Promise<Service>
  /** Closes an instance; the others go on. */
  removeInstance(instance: Service): Promise<void>
  /** The OpenAPI document. */
  openapi(): object
  /** Messages sent, newest first, by whichever instance. */
  messages(): Promise<InboxMessage[]>
  /** The code of the newest message to a destination, however many others there are. */
  newestCode(destination: string): string | undefined
  /** Moves the clocks of the stores. */
  advance(seconds: number): void
  /** Everything logged so far, at level trace. */
  log(): string
  redis: OwnServers | null
  /** URL of the database, where it is a real one. */
  databaseUrl: string
  /** Ends with a look at all SQL of the suite: TEN-2. */
  close(given?: { madeUpPortals: boolean }): Promise<void>
}

export const masterKeys = [{ kid: 'test', key: randomBytes(32) }]

export const configOver = (databaseUrl: string, redisUrl: string | null): Config => ({
  mode: 'embedded',
  http: { host: '127.0.0.1', port: 0, publicUrl: ISSUER, trustProxy: [], loopDelayMaxMs: 0 },
  database: { url: databaseUrl, poolMax: 10 },
  redis: redisUrl ? { kind: 'redis', ...addressesOf({ url: redisUrl }), allowEviction: false } : { kind: 'memory' },
  secrets: { masterKeys, operatorSecret: OPERATOR_SECRET },
  sms: { kind: 'inbox' },
  email: { kind: 'inbox' },
  audit: { retentionDays: null },
  dataDir: '',
  log: { level: 'trace' },
  shutdownDelaySeconds: 0,
})

/** With TEST_REDIS=cluster every suite over the API runs over PostgreSQL and a Redis Cluster. */
const overCluster = (): boolean => process.env.TEST_REDIS === 'cluster'

/** PGlite and memory. */
export const openEmbedded = (): Promise<TestService> =>
  overCluster() ? openReal(1) : open({ config: configOver('pglite:', null), instances: 1, deadlineMs: null })

/** Real PostgreSQL and Redis under several instances; `deadlineMs` null: the deadlines of production. */
export async function openReal(
  instances = 2,
  deadlineMs: number | null = 20_000,
  wrapPorts?: Probes['wrapPorts'],
): Promise<TestService> {
  const server = await sharedPostgres()
  const database = await createDatabase(server.url)
  const redis = overCluster() ? await startRestlessCluster({ failOvers: deadlineMs !== null }) : await startRedis({})
  return open({
    config: configOver(database.url, redis.url),
    instances,
    deadlineMs,
    redis,
    wrapPorts,
    async after() {
      await redis.stop()
      await database.drop()
      await server.stop()
    },
  })
}

interface Given {
  config: Config
  instances: number
  /** Null: those of production. */
  deadlineMs: number | null
  redis?: OwnServers
  wrapPorts?: Probes['wrapPorts'] | undefined
  /** Ends the servers that were started for it. */
  after?(): Promise<void>
}

/** The service over servers that the test has started. */
export async function open(given: Given): Promise<TestService> {
  const { config, instances: count, deadlineMs, redis = null, wrapPorts, after = async () => {} } = given
  let offsetMs = 0
  let turn = 0
  const seen: Statement[] = []
  const logged: string[] = []
  const codes = new Map<string, string>()
  /** Which instance has sent, message by message. */
  const senders: Service[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  const probes = {
    clockOffsetMs: () => offsetMs,
    ...(deadlineMs === null ? {} : { deadlineMs }),
    print: (line: string) => {
      const [, destination, code] = line.match(/^inbox: \w+ to (\S+): .*?\b(\d{6,10})\b/) ?? []
      if (destination && code) codes.set(destination, code)
    },
    ...(wrapPorts ? { wrapPorts } : {}),
    onStatement: (text: string, params: readonly unknown[]) => void seen.push({ text, params }),
  }
  const instances: Service[] = []
  const addInstance = async (keys: Config['secrets']['masterKeys']): Promise<Service> => {
    const rekeyed = { ...config, secrets: { ...config.secrets, masterKeys: keys } }
    const print = (line: string) => {
      probes.print(line)
      senders.push(added)
    }
    const added = await openService(rekeyed, { level: 'trace', stream }, { ...probes, print })
    instances.push(added)
    return added
  }
  for (let at = 0; at < count; at++) await addInstance(config.secrets.masterKeys)
  const instance = (): Service => instances[turn++ % instances.length] as Service
  const declared = declaredAnswers(instance().app.swagger() as unknown as OpenapiDocument)

  return {
    instances,
    async request(method, path, { token, body, headers = {} } = {}) {
      const answer = await instance().app.inject({
        method: method as 'GET',
        url: path,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      const parsed = answer.body && /json/.test(String(answer.headers['content-type'])) ? answer.json() : answer.body
      const code = answer.statusCode < 400 ? null : (parsed?.code ?? parsed?.error ?? null)
      declared({ method, path, status: answer.statusCode, code })
      // A Cluster that changes is seldom in the way, and then its log alone says how.
      if (answer.statusCode === 503 && overCluster())
        process.stderr.write(logged.filter(line => line.includes(parsed.requestId)).join(''))
      return { status: answer.statusCode, body: parsed, headers: answer.headers }
    },
    addInstance,
    async removeInstance(removed) {
      instances.splice(instances.indexOf(removed), 1)
      await removed.close()
    },
    openapi: () => instance().app.swagger(),
    async messages() {
      const newestFirst = senders.toReversed()
      const answers = await Promise.all(instances.map(({ app }) => app.inject('/inbox/messages')))
      const boxes = new Map(instances.map((one, at) => [one, answers[at]?.json().messages as InboxMessage[]]))
      return newestFirst.flatMap(sender => boxes.get(sender)?.shift() ?? [])
    },
    newestCode: destination => codes.get(destination),
    advance(seconds) {
      offsetMs += seconds * 1000
    },
    log: () => logged.join(''),
    redis,
    databaseUrl: config.database.url,
    async close({ madeUpPortals } = { madeUpPortals: false }) {
      for (const service of instances) await service.close()
      await after()
      // Every suite over the API ends with it: TEN-2.
      mustNameOnePortal(seen, madeUpPortals)
    },
  }
}
