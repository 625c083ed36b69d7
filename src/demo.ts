/** Embedded mode's first steps: a demo portal with a client, and lines to paste that walk a login from token to assertion. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Caller } from './domain/caller.ts'
import { contactIdSchema, organizationIdSchema, type PortalId, portalIdSchema, subjectSchema } from './domain/ids.ts'
import type { UseCases } from './usecases/index.ts'

interface DemoClient {
  clientId: string
  clientSecret: string
}

const PORTAL: PortalId = portalIdSchema.parse('demo')
const DEMO_CONTACT = contactIdSchema.parse('alice')
const DEMO_ORGANIZATION = organizationIdSchema.parse('acme')

/** Makes portal `demo` with MFA on, unless there is a portal already. The client's secret is kept in the data directory (0600). */
export async function demoClient(useCases: UseCases, dataDir: string): Promise<DemoClient | null> {
  const file = join(dataDir, 'demo-client.json')
  const operator = { requestId: 'demo', caller: { role: 'operator', clientId: 'operator', subject: null } as Caller }
  const { items } = await useCases.listPortals(operator, { limit: 1 })
  if (items.length > 0) return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DemoClient) : null

  await useCases.createPortal(operator, { portalId: PORTAL, displayName: 'Demo Portal' })
  const created = await useCases.createClient(operator, {
    portalId: PORTAL,
    name: 'Demo back end',
    roles: ['portal', 'organization_admin', 'master_admin'],
  })
  const subject = subjectSchema.parse('demo-master-admin')
  const caller: Caller = {
    role: 'master_admin',
    clientId: created.clientId,
    subject,
    portalId: PORTAL,
    organizationId: null,
  }
  const patch = { enabled: true, optOut: { allowed: true }, sms: { allowedCountries: ['CA', 'DE', 'FR', 'GB', 'US'] } }
  await useCases.changeSettings({ requestId: 'demo', caller }, { patch, ifMatch: null })
  const client = { clientId: created.clientId, clientSecret: created.clientSecret }
  writeFileSync(file, `${JSON.stringify(client)}\n`, { mode: 0o600 })
  return client
}

/** What to try next, as text for a terminal. */
export function firstSteps(base: string, client: DemoClient | null): string {
  const pages = `portal-mfa is ready at ${base}\n  API reference  ${base}/docs\n  inbox          ${base}/inbox\n`
  if (!client) return pages
  const contact = `$BASE/v1/contacts/${DEMO_CONTACT}`
  const json = `-H "authorization: Bearer $TOKEN" -H 'content-type: application/json'`
  const pick = (member: string) => `node -pe 'JSON.parse(fs.readFileSync(0)).${member}'`
  return `${pages}
Walk a login of the demo portal (paste line by line):
  BASE=${base} LOGIN=login-$RANDOM$RANDOM
  TOKEN=$(curl -s -u '${client.clientId}:${client.clientSecret}' -d grant_type=client_credentials $BASE/oauth/token | ${pick('access_token')})
  # the password was right: what now?
  curl -s ${contact}/logins ${json} -d '{"organizationId":"${DEMO_ORGANIZATION}","loginId":"'$LOGIN'"}'
  # "enroll": the contact names an address, and gets a code there
  ENROLLMENT=$(curl -s ${contact}/enrollments ${json} -d '{"organizationId":"${DEMO_ORGANIZATION}","loginId":"'$LOGIN'","method":"email","destination":"alice@example.com"}' | ${pick('id')})
  CODE=$(curl -s $BASE/inbox/messages | ${pick('messages[0].text.match(/\\d{6}/)[0]')})
  curl -s ${contact}/enrollments/$ENROLLMENT/confirm ${json} -d '{"code":"'$CODE'","loginId":"'$LOGIN'"}'
  # the next login: "challenge", and its code is on the way
  LOGIN=login-$RANDOM$RANDOM
  CHALLENGE=$(curl -s ${contact}/logins ${json} -d '{"organizationId":"${DEMO_ORGANIZATION}","loginId":"'$LOGIN'","sendCode":true}' | ${pick('challenge.id')})
  CODE=$(curl -s $BASE/inbox/messages | ${pick('messages[0].text.match(/\\d{6}/)[0]')})
  curl -s ${contact}/challenges/$CHALLENGE/verify ${json} -d '{"code":"'$CODE'","loginId":"'$LOGIN'"}'
`
}
