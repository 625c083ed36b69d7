/** Every variable of the README's table, set for a process as its operator would: each is seen at the far end. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { configVariables } from '../../src/config/variables.ts'
import { readConfig } from '../../src/config.ts'
import type { AwsQueryServer } from '../support/aws-query-server.ts'
import { attributesOf } from '../support/fake-sns.ts'
import { freshNumber, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { withSessionName } from '../support/postgres.ts'
import { openSurroundings, reach, type ServiceProcess, type Surroundings, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { OPERATOR_SECRET, open } from '../support/service.ts'
import { openFakeSes } from '../support/ses.ts'

const EMAILS = 8

let around: Surroundings
let cluster: RedisCluster
let ses: AwsQueryServer
let service: ServiceProcess
let acme: TestPortal
let embedded: ServiceProcess
let folder: string

const operator = { clientId: 'operator', clientSecret: 'an-operator-secret-of-this-test-alone' }
/** The secrets that every configuration needs. */
const sealed = () => ({ MFA_MASTER_KEYS: around.env.MFA_MASTER_KEYS, MFA_OPERATOR_SECRET: OPERATOR_SECRET })
const smsAttribute = (name: string) => attributesOf(around.sns.requests.at(-1) ?? {})[name]?.[1]
const claimsOf = (token: string, part = 1) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString())

beforeAll(async () => {
  around = await openSurroundings()
  cluster = await startRedisCluster()
  ses = await openFakeSes()
  folder = mkdtempSync(join(tmpdir(), 'portal-mfa-data-'))
  service = await startProcess(around, {
    DATABASE_POOL_MAX: '3',
    REDIS_URL: cluster.masters[0]?.url ?? '',
    REDIS_CLUSTER: 'true',
    SMS_MAX_PRICE_USD: '0.25',
    SMS_SENDER_ID: 'ACME-1',
    SMS_ORIGINATION_NUMBER: '+12065550100',
    EMAIL_FROM: 'codes@example.com',
    SES_CONFIGURATION_SET: 'codes',
    AWS_REGION: 'ap-south-1',
    AWS_ENDPOINT_URL_SES: ses.url,
    LOG_LEVEL: 'info',
    SHUTDOWN_DELAY_SECONDS: '0',
  })
  const env = {
    PUBLIC_URL: 'http://localhost:4000/mfa',
    MFA_DATA_DIR: folder,
    MFA_OPERATOR_SECRET: operator.clientSecret,
    LOG_LEVEL: 'info',
    SHUTDOWN_DELAY_SECONDS: '0',
  }
  embedded = await startProcess({ env }, {}, [], ['--embedded'])
  acme = await openPortal(reach(service, around), { enabled: true, sms: { allowedCountries: ['US'] } })
  const start = (contactId: string, method: string, destination: string) =>
    acme.portal.post(`/v1/contacts/${contactId}/enrollments`, {
      organizationId: 'org',
      loginId: 'login-of-configuration',
      method,
      destination,
    })
  expect((await start('sms-reader', 'sms', freshNumber())).status).toBe(201)
  // Some more than one, so that their keys are not all on one master.
  for (let at = 0; at < EMAILS; at++)
    expect((await start(`email-reader-${at}`, 'email', `ann-${at}@example.com`)).status).toBe(201)
})

afterAll(async () => {
  for (const { child, ended } of [service, embedded]) {
    child.kill('SIGKILL')
    await ended()
  }
  await ses.close()
  await cluster.stop()
  await around.close()
  rmSync(folder, { recursive: true, force: true })
})

/** How many events of two days ago are left after the jobs ran, with so many days to be kept. */
async function oldEventsLeft(AUDIT_RETENTION_DAYS: string): Promise<number> {
  const config = readConfig({ ...sealed(), DATABASE_URL: 'pglite:', AUDIT_RETENTION_DAYS }, 'embedded')
  const old = await open({ config, instances: 1, deadlineMs: null })
  const runJobs = () => Promise.all(old.instances.map(instance => instance.runJobs()))
  const { masterAdmin } = await openPortal(old)
  await runJobs()
  old.advance(2 * 86_400)
  await runJobs()
  const { body } = await masterAdmin.get('/v1/events')
  await old.close()
  return body.items.length
}

/** What a process says that is started with `more` and ends at once; null: it starts. */
async function refusalOf(more: Record<string, string>): Promise<string | null> {
  try {
    const started = await startProcess(around, more)
    started.child.kill('SIGKILL')
    await started.ended()
    return null
  } catch (error) {
    return String(error)
  }
}

const effects: Record<string, () => unknown> = {
  async HOST() {
    // It was told to listen on 127.0.0.1, and by default would on every address.
    await expect(fetch(service.url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed')
  },
  async PORT() {
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200)
  },
  async PUBLIC_URL() {
    const token = await tokenOf(reach(embedded, around), operator, { role: 'operator' })
    expect(claimsOf(token)).toMatchObject({ iss: 'http://localhost:4000/mfa', aud: 'http://localhost:4000/mfa' })
  },
  async LOOP_DELAY_MAX_MS() {
    // A process whose event loop is always late, but not by the 250 ms that production bears by default.
    const late = 'setInterval(() => { for (const end = performance.now() + 60; performance.now() < end; ); }, 1)'
    // Under a name of its own, since its sessions may outlive it for a moment; see DATABASE_POOL_MAX.
    const DATABASE_URL = withSessionName(around.database.url, 'slow')
    const slow = await startProcess(around, { DATABASE_URL, LOOP_DELAY_MAX_MS: '5' }, [`data:text/javascript,${late}`])
    const status = () => fetch(`${slow.url}/v1/methods`).then(answer => answer.status)
    await expect.poll(status, { timeout: 20_000 }).toBe(503)
    slow.child.kill('SIGKILL')
    await slow.ended()
  },
  async DATABASE_URL() {
    expect(await around.database.sql('SELECT portal_id FROM portals')).toEqual([{ portal_id: acme.portalId }])
  },
  async DATABASE_POOL_MAX() {
    await Promise.all(Array.from({ length: 30 }, () => acme.operator.get('/v1/portals')))
    const connected = await around.database.sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'portal-mfa'`,
    )
    expect(connected).toHaveLength(3)
  },
  async REDIS_URL() {
    expect((await cluster.dump()).join('\n')).toContain(acme.portalId)
  },
  async REDIS_CLUSTER() {
    // One address was given; keys that it does not have are on the others.
    const dumps = await Promise.all(cluster.masters.map(master => master.dump()))
    expect(dumps.filter(keys => keys.length > 0).length).toBeGreaterThan(1)
  },
  async REDIS_ALLOW_EVICTION() {
    const redis = await startRedis({ options: ['--maxmemory-policy', 'allkeys-lru'] })
    try {
      expect(await refusalOf({ REDIS_URL: redis.url })).toContain('Redis may evict keys')
      expect(await refusalOf({ REDIS_URL: redis.url, REDIS_ALLOW_EVICTION: 'true' })).toBeNull()
    } finally {
      await redis.stop()
    }
  },
  async MFA_MASTER_KEYS() {
    const token = await tokenOf(reach(service, around), acme.client)
    expect(claimsOf(token, 0).kid).toBe('k1')
  },
  async MFA_OPERATOR_SECRET() {
    expect(await tokenOf(reach(embedded, around), operator, { role: 'operator' })).toMatch(/^ey/)
  },
  MFA_DATA_DIR() {
    for (const name of ['pglite', 'secrets.json']) expect([name, existsSync(join(folder, name))]).toEqual([name, true])
  },
  SMS_SENDER: () => expect(around.sns.requests).toHaveLength(1),
  SMS_MAX_PRICE_USD: () => expect(smsAttribute('AWS.SNS.SMS.MaxPrice')).toBe('0.25'),
  SMS_SENDER_ID: () => expect(smsAttribute('AWS.SNS.SMS.SenderID')).toBe('ACME-1'),
  SMS_ORIGINATION_NUMBER: () => expect(smsAttribute('AWS.MM.SMS.OriginationNumber')).toBe('+12065550100'),
  EMAIL_SENDER: () => expect(ses.requests).toHaveLength(EMAILS),
  EMAIL_FROM: () => expect(ses.requests[0]?.Source).toBe('"Acme Client Portal" <codes@example.com>'),
  SES_CONFIGURATION_SET: () => expect(ses.requests[0]).toMatchObject({ ConfigurationSetName: 'codes' }),
  AWS_REGION: () =>
    expect([around.sns, ses].map(({ regions }) => [...new Set(regions)])).toEqual([['ap-south-1'], ['ap-south-1']]),
  async AUDIT_RETENTION_DAYS() {
    expect(await oldEventsLeft('1')).toBe(0)
    expect(await oldEventsLeft('3')).toBeGreaterThan(0)
    expect(await oldEventsLeft('0')).toBeGreaterThan(0)
  },
  LOG_LEVEL() {
    for (const { output } of [service, embedded]) expect(output()).toContain('Server listening at')
  },
  async SHUTDOWN_DELAY_SECONDS() {
    // How long it waits is measured in test/fault/shutdown.test.ts; here it is told not to, and production would.
    const quick = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '0' })
    quick.child.kill('SIGTERM')
    expect(await quick.ended()).toBe(0)
  },
  ALLOW_REMOTE_EMBEDDED() {
    const drawn = { masterKeys: around.env.MFA_MASTER_KEYS ?? '', operatorSecret: operator.clientSecret }
    const host = (more: Record<string, string>) =>
      readConfig({ HOST: '192.0.2.1', ...more }, 'embedded', drawn).http.host
    expect(() => host({})).toThrow('HOST is beyond loopback')
    expect(host({ ALLOW_REMOTE_EMBEDDED: 'true' })).toBe('192.0.2.1')
  },
}

it.each(Object.entries(effects))('%s has its effect', async (_, effect) => void (await effect()))

it('leaves no variable out', () => {
  // TRUST_PROXY: nothing asks from which address a caller comes (test/source-rules.test.ts).
  const names = configVariables.map(({ name }) => name).filter(name => name !== 'TRUST_PROXY')
  expect(Object.keys(effects).sort()).toEqual(names.sort())
})
