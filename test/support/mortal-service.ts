/** The whole service in a process of its own that can be killed in the middle of a call; a fresh one over the same stores follows it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../src/config.ts'
import type { AwsQueryServer } from './aws-query-server.ts'
import { declaredAnswers } from './declared-answers.ts'
import { openFakeSns } from './fake-sns.ts'
import type { Order, Report } from './killed-service.ts'
import { createDatabase, sharedPostgres, withSessionName } from './postgres.ts'
import { startRedis, until } from './redis.ts'
import { type Answer, configOver, type TestService } from './service.ts'

export interface MortalService extends Pick<TestService, 'request' | 'messages' | 'advance' | 'close'> {
  /** What a call crosses when nothing happens to it, in order. */
  crossings(call: () => Promise<Answer>): Promise<string[]>
  /** Makes a call and kills the process at one of its crossings. The answer, if it got out; a fresh process serves from then on. */
  killedAt(crossing: string, call: () => Promise<Answer>): Promise<Answer | null>
  /** The provider of SMS: it outlives every process. */
  sns: AwsQueryServer
}

interface Mortal {
  /** Of its sessions in PostgreSQL. */
  name: string
  child: ChildProcess
  exited: Promise<unknown>
  port: number
}

const contract = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))

export async function openMortalService(): Promise<MortalService> {
  const postgres = await sharedPostgres()
  const [database, redis, sns] = [await createDatabase(postgres.url), await startRedis({}), await openFakeSns()]
  const config: Config = {
    ...configOver(database.url, redis.url),
    mode: 'production',
    sms: { kind: 'sns', region: 'eu-central-1' },
    log: { level: 'silent' },
  }
  const compiled = mkdtempSync(join(tmpdir(), 'portal-mfa-compiled-'))
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_SNS: sns.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    NODE_COMPILE_CACHE: compiled,
  }
  const declared = declaredAnswers(contract)
  let offsetMs = 0
  let started = 0
  let serving = start()
  let next = serving.then(start)
  let advanced: Promise<unknown> = Promise.resolve()

  async function start(): Promise<Mortal> {
    const child = fork(new URL('./killed-service.ts', import.meta.url), {
      env,
      execArgv: [],
      serialization: 'advanced',
    })
    const exited = once(child, 'exit')
    const name = `mortal-${started++}`
    const named = { ...config, database: { ...config.database, url: withSessionName(database.url, name) } }
    const report = await ask({ child, exited }, { kind: 'open', config: named, offsetMs })
    return { name, child, exited, port: report.kind === 'open' ? report.port : 0 }
  }

  /** The first of them is killed; the one that waits behind it takes over, and another one starts. */
  function replace(): void {
    serving = next
    next = serving.then(start)
    next.catch(() => {})
  }

  async function crossings(call: () => Promise<Answer>): Promise<string[]> {
    await advanced
    const mortal = await serving
    await ask(mortal, { kind: 'watch', killAt: null })
    await call()
    const report = await ask(mortal, { kind: 'report' })
    return report.kind === 'crossed' ? report.crossings : []
  }

  async function killedAt(killAt: string, call: () => Promise<Answer>): Promise<Answer | null> {
    await advanced
    const mortal = await serving
    await ask(mortal, { kind: 'watch', killAt })
    const answer = await call().catch(unlessCutOff)
    // Whatever is still under way may cross it after the answer.
    const lived = await ask(mortal, { kind: 'report' }).then(
      () => true,
      () => false,
    )
    if (lived) {
      await ask(mortal, { kind: 'watch', killAt: null })
      throw new Error(`the call never came to: ${killAt}`)
    }
    replace()
    await untilNothingRuns(mortal)
    return answer
  }

  /** What a process was killed in the middle of may still be committed. */
  async function untilNothingRuns({ name }: Mortal): Promise<void> {
    const running = () => database.sql('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [name])
    await until(`the sessions of ${name} end`, async () => (await running()).length === 0)
  }

  return {
    sns,
    crossings,
    killedAt,
    async request(method, path, { token, body, headers = {} } = {}) {
      await advanced
      const { port } = await serving
      const json = body !== undefined && typeof body !== 'string' ? { 'content-type': 'application/json' } : {}
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...json, ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const parsed = text === '' ? '' : JSON.parse(text)
      const code = response.ok ? null : (parsed.code ?? parsed.error ?? null)
      declared({ method, path, status: response.status, code })
      return { status: response.status, body: parsed, headers: Object.fromEntries(response.headers) }
    },
    async messages() {
      return sns.requests
        .map(({ PhoneNumber = '', Message = '' }) => ({
          channel: 'sms' as const,
          to: PhoneNumber,
          subject: null,
          text: Message,
          html: null,
        }))
        .toReversed()
    },
    advance(seconds) {
      offsetMs += seconds * 1000
      const order: Order = { kind: 'advance', offsetMs }
      const tell = async (mortal: Promise<Mortal>) => ask(await mortal, order)
      advanced = advanced.then(() => Promise.all([serving, next].map(tell)))
    },
    async close() {
      for (const { child, exited } of await Promise.all([serving, next])) {
        if (child.connected) child.disconnect()
        await exited
      }
      await redis.stop()
      await sns.close()
      await database.drop()
      await postgres.stop()
      rmSync(compiled, { recursive: true, force: true })
    },
  }
}

/** The process's word; rejects when it has ended. */
async function ask({ child, exited }: Pick<Mortal, 'child' | 'exited'>, order: Order): Promise<Report> {
  const answered = once(child, 'message')
  if (child.connected) child.send(order, () => {})
  const said = await Promise.race([answered.then(([report]) => report as Report), exited.then(() => null)])
  if (!said) throw new Error('the process has ended')
  return said
}

/** What a call to a process that dies looks like from outside. */
function unlessCutOff(error: unknown): null {
  if (error instanceof TypeError) return null
  throw error
}
