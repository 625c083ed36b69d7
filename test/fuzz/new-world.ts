/** What every sequence begins with: the operator, and two portals with their callers. */
import { apiWith, tokenOf } from '../support/portal.ts'
import type { TestService } from '../support/service.ts'
import { callerOf, type World } from './world.ts'

const PORTALS = ['portal-900001', 'portal-900002']
const CONTACTS = ['c-1', 'c-2', 'c-3', 'boss']
const ROLES = ['portal', 'organization_admin', 'master_admin']

export async function newWorld(service: TestService, operatorSecret: string): Promise<World> {
  const root = { clientId: 'operator', clientSecret: operatorSecret }
  const token = await tokenOf(service, root, { role: 'operator' })
  const world: World = {
    callers: [callerOf(token)],
    facts: [{ client_id: root.clientId, client_secret: root.clientSecret }],
  }
  for (const [at, portal] of PORTALS.entries()) await openPortal(service, world, token, portal, at === 1)
  return world
}

/** MFA is on for one of the two. */
async function openPortal(service: TestService, world: World, token: string, portal: string, enabled: boolean) {
  const operator = apiWith(service, token)
  await operator.post('/v1/portals', { portalId: portal, displayName: 'Acme Client Portal' })
  const { body: client } = await operator.post(`/v1/portals/${portal}/clients`, { name: 'Back end', roles: ROLES })
  const callerAs = async (more: Record<string, string>) => callerOf(await tokenOf(service, client, more))
  const masterAdmin = await callerAs({ role: 'master_admin', subject: 'boss' })
  const organizationAdmin = { role: 'organization_admin', subject: 'c-3', organization_id: 'org-1' }
  world.callers.push(await callerAs({ role: 'portal' }), await callerAs(organizationAdmin), masterAdmin)
  if (enabled) await apiWith(service, masterAdmin.token).patch('/v1/settings', { enabled, optOut: { allowed: true } })
  world.facts.push(
    { portalId: portal, clientId: client.clientId, client_id: client.clientId, client_secret: client.clientSecret },
    ...CONTACTS.map((contactId, no) => ({ portal, contactId, organizationId: no < 2 ? 'org-1' : 'org-2' })),
  )
}
