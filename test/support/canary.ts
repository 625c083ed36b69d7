/** LOG-1: a service, all that must never come out of it in clear, and the places where it would be seen. */
import pg from 'pg'
import { fresh, openPortal, type TestPortal, tokenOf } from './portal.ts'
import { masterKeys, OPERATOR_SECRET, type TestService } from './service.ts'

export const NUMBER = '+12025550199'
export const ADDRESS = 'canary.person@example.com'

export interface Canary {
  service: TestService
  acme: TestPortal
  contactId: string
  /** By name; every assertion that was answered is among them. */
  secrets: Record<string, string>
  codes: string[]
  answers: string[]
}

export async function openCanary(opened: TestService): Promise<Canary> {
  const answers: string[] = []
  const secrets = { ...ofEverybody() }
  const service: TestService = {
    ...opened,
    async request(method, path, given) {
      const answer = await opened.request(method, path, given)
      const { assertion, ...body } = Object(answer.body)
      if (assertion) secrets[`assertion of ${path}`] = assertion
      // Their own answers show an assertion, a token or a new secret: nothing else may.
      if (path !== '/oauth/token' && !path.endsWith('/clients')) answers.push(JSON.stringify(body))
      return answer
    },
  }
  // No shorter: six digits may be the number of a transaction.
  const acme = await openPortal(service, { enabled: true, sms: { allowedCountries: ['US'] }, code: { length: 10 } })
  secrets['client secret'] = acme.client.clientSecret
  secrets['access token'] = await tokenOf(service, acme.client)
  return { service, acme, contactId: fresh('canary'), secrets, codes: [], answers }
}

function ofEverybody(): Record<string, string> {
  const [master] = masterKeys
  if (!master) throw new Error('no master key')
  return {
    number: NUMBER,
    'number without plus': NUMBER.slice(1),
    address: ADDRESS,
    'operator secret': OPERATOR_SECRET,
    'master key': master.key.toString('base64'),
    'master key for addresses': master.key.toString('base64url'),
    'master key in hexadecimal': master.key.toString('hex'),
    'master key as an object': JSON.stringify([...master.key]).slice(1, -1),
  }
}

export const places: [name: string, read: (canary: Canary) => Promise<string>, least: number][] = [
  ['the log, at level trace', async ({ service }) => service.log(), 2000],
  ['the database', ({ service }) => databaseDump(service.databaseUrl), 2000],
  ['Redis', async ({ service }) => (await service.redis?.dump())?.join('\n') ?? '', 500],
  ['the metrics', async ({ service }) => String((await service.request('GET', '/metrics')).body), 2000],
  ['the answers', async ({ answers }) => answers.join('\n'), 2000],
]

/** Names of what stands in a text in clear. */
export const clearIn = (text: string, { secrets }: Canary): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [name] : []))

/** A code stands alone; six digits within a longer number, an instant or an id are none. */
export const codesIn = (text: string, { codes }: Canary): string[] =>
  codes.filter(code => new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`).test(text))

async function databaseDump(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    const dumped: string[] = []
    for (const { tablename } of rows) {
      const table = await client.query(`SELECT t::text AS row FROM ${tablename} t`)
      dumped.push(...table.rows.map(({ row }) => row))
    }
    return dumped.join('\n')
  } finally {
    await client.end()
  }
}
