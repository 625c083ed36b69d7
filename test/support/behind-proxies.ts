/** The service as in production (its deadlines, its senders) with a fault proxy in front of everything it depends on. */
import type { Config } from '../../src/config.ts'
import type { AwsQueryServer, QueryParameters } from './aws-query-server.ts'
import { openFakeSns } from './fake-sns.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { createDatabase, sharedPostgres, type TestDatabase } from './postgres.ts'
import { type OwnRedis, startRedis } from './redis.ts'
import { configOver, type InboxMessage, open, type TestService } from './service.ts'
import { openFakeSes } from './ses.ts'

export type Dependency = 'postgres' | 'redis' | 'sns' | 'ses'

export interface ServiceBehindProxies extends TestService {
  config: Config
  proxies: Record<Dependency, FaultProxy>
  /** The dependencies themselves, past the proxies. */
  database: TestDatabase
  redis: OwnRedis
  providers: { sns: AwsQueryServer; ses: AwsQueryServer }
  /** How many messages have reached a provider. */
  sends(): number
}

/** `deadlineMs` null: the deadlines of production. */
export async function openBehindProxies(instances: number, deadlineMs: number | null): Promise<ServiceBehindProxies> {
  const server = await sharedPostgres()
  const database = await createDatabase(server.url)
  const redis = await startRedis({})
  const providers = { sns: await openFakeSns(), ses: await openFakeSes() }
  const proxies = {
    postgres: await before(database.url),
    redis: await before(redis.url),
    sns: await before(providers.sns.url),
    ses: await before(providers.ses.url),
  }
  // The SDK's own variables, as an operator would set them.
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_ENDPOINT_URL_SNS: through(providers.sns.url, proxies.sns),
    AWS_ENDPOINT_URL_SES: through(providers.ses.url, proxies.ses),
  })
  const config: Config = {
    ...configOver(through(database.url, proxies.postgres), through(redis.url, proxies.redis)),
    mode: 'production',
    sms: { kind: 'sns', region: 'us-east-1' },
    email: { kind: 'ses', region: 'us-east-1', from: 'codes@mfa.example' },
  }
  const after = async () => {
    for (const proxy of Object.values(proxies)) await proxy.close()
    for (const provider of Object.values(providers)) await provider.close()
    await redis.stop()
    await database.drop()
    await server.stop()
  }
  const service = await open({ config, redis, instances, deadlineMs, after })
  return {
    ...service,
    config,
    proxies,
    database,
    databaseUrl: database.url,
    redis,
    providers,
    sends: () => providers.sns.requests.length + providers.ses.requests.length,
    /** SMS before emails, the newest of each first. */
    messages: async () => [
      ...providers.sns.requests.map(smsOf).reverse(),
      ...providers.ses.requests.map(emailOf).reverse(),
    ],
  }
}

const before = (url: string): Promise<FaultProxy> => {
  const { hostname, port } = new URL(url)
  return startFaultProxy(Number(port || 5432), hostname)
}

function through(url: string, { port }: FaultProxy): string {
  const proxied = new URL(url)
  proxied.host = `127.0.0.1:${port}`
  return proxied.href.replace(/\/$/, '')
}

const smsOf = ({ PhoneNumber = '', Message = '' }: QueryParameters): InboxMessage => ({
  channel: 'sms',
  to: PhoneNumber,
  subject: null,
  text: Message,
  html: null,
})

const emailOf = (parameters: QueryParameters): InboxMessage => ({
  channel: 'email',
  to: parameters['Destination.ToAddresses.member.1'] ?? '',
  subject: parameters['Message.Subject.Data'] ?? null,
  text: parameters['Message.Body.Text.Data'] ?? '',
  html: parameters['Message.Body.Html.Data'] ?? null,
})
