import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresApiClients } from '../../src/adapters/postgres/api-clients.ts'
import { makePostgresEvents } from '../../src/adapters/postgres/events.ts'
import { makePostgresPortals } from '../../src/adapters/postgres/portals.ts'
import type { ClientJwks, ClientKey } from '../../src/domain/client-key.ts'
import type { ClientId, PortalId } from '../../src/domain/ids.ts'
import type { ApiClient, ApiClients } from '../../src/ports/api-clients.ts'
import type { Portals } from '../../src/ports/portals.ts'
import { newKey } from '../support/client-token.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { context, newClientId, newPortal, newPortalId } from './sample-portals.ts'

const jwksOf = (...kids: string[]): ClientJwks => ({ keys: kids.map(kid => newKey('EdDSA', kid).jwk as ClientKey) })

describe.each(rows)('API clients: %s', (_name, open) => {
  let opened: OpenedDatabase
  let clients: ApiClients
  let portals: Portals
  beforeAll(async () => {
    opened = await open()
    clients = makePostgresApiClients(opened.database)
    portals = makePostgresPortals(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  async function newPortalInside(): Promise<PortalId> {
    const portal = newPortal()
    await portals.create(portal)
    return portal.portalId
  }
  async function created(portalId?: PortalId): Promise<ApiClient> {
    const into = portalId ?? (await newPortalInside())
    const client = { portalId: into, clientId: newClientId(), name: 'back end', roles: ['portal' as const] }
    return clients.create({ ...client, secretHash: 'first' }, context)
  }
  const rotate = ({ portalId, clientId }: ApiClient, secretHash: string, retireAfterSeconds: number) =>
    clients.rotate(portalId, clientId, secretHash, retireAfterSeconds, context)
  const signing = async ({ clientId }: ApiClient, within: number | null) =>
    (await clients.signingClients(within)).find(found => found.clientId === clientId)
  const eventsOf = async (portalId: PortalId) =>
    (await makePostgresEvents(opened.database).list(portalId, { limit: 100 })).items

  it('finds a client by its id alone, with the hash of its secret', async () => {
    const client = await created()
    expect(client).toMatchObject({ name: 'back end', roles: ['portal'], rotatedAt: null, revokedAt: null })
    expect(await clients.find(client.clientId)).toEqual({
      ...client,
      portalSuspended: false,
      secretHash: 'first',
      generation: 1,
      previousSecretHash: null,
    })
  })

  it('finds nobody under an unknown id, however odd', async () => {
    for (const id of [newClientId(), '', "' OR 1=1 --", 'cli_%']) expect(await clients.find(id)).toBeNull()
  })

  it('lists the clients of a portal in the order of their creation, revoked ones included', async () => {
    const portalId = await newPortalInside()
    const made: ApiClient[] = []
    for (let n = 0; n < 3; n++) {
      made.push(await created(portalId))
      opened.advance(1)
    }
    await created()
    await clients.revoke(portalId, made[1]?.clientId ?? newClientId(), context)
    const listed = await clients.list(portalId, 10, null)
    expect(listed.map(({ clientId }) => clientId)).toEqual(made.map(({ clientId }) => clientId))
    expect(listed.map(({ revokedAt }) => revokedAt !== null)).toEqual([false, true, false])
  })

  it('lists them page by page, each once, also those of one moment', async () => {
    const portalId = await newPortalInside()
    const made: string[] = []
    for (let n = 0; n < 5; n++) made.push((await created(portalId)).clientId)
    await opened.sql(
      'UPDATE api_clients SET created_at = to_timestamp(length(client_id)) WHERE portal_id = $1 AND client_id <> $2',
      [portalId, made[2] ?? ''],
    )
    const moment = made.filter((_, n) => n !== 2).sort()
    const all = [...moment, made[2]]
    for (const limit of [1, 2, 5]) {
      const seen: string[] = []
      for (let after: ClientId | null = null; seen.length < all.length; ) {
        const page: ApiClient[] = await clients.list(portalId, limit, after)
        expect(page).not.toEqual([])
        seen.push(...page.map(({ clientId }) => clientId))
        after = page.at(-1)?.clientId ?? null
      }
      expect(seen).toEqual(all)
    }
  })

  it('TEN-1: a client of another portal is no place in the list', async () => {
    const [mine, other] = [await newPortalInside(), await newPortalInside()]
    const theirs = await created(other)
    opened.advance(1)
    await created(mine)
    expect(await clients.list(mine, 10, theirs.clientId)).toEqual([])
  })

  it('keeps the old secret good for the time given, by the database’s clock', async () => {
    const client = await created()
    const rotated = await rotate(client, 'second', 100)
    expect(rotated?.rotatedAt).toBeInstanceOf(Date)
    expect(await clients.find(client.clientId)).toMatchObject({
      secretHash: 'second',
      generation: 2,
      previousSecretHash: 'first',
    })
    opened.advance(90)
    expect((await clients.find(client.clientId))?.previousSecretHash).toBe('first')
    opened.advance(10)
    expect((await clients.find(client.clientId))?.previousSecretHash).toBeNull()
    expect((await clients.revocations(900)).clients.has(client.clientId)).toBe(false)
  })

  it('forgets the secret before the last', async () => {
    const client = await created()
    await rotate(client, 'second', 100)
    await rotate(client, 'third', 100)
    expect(await clients.find(client.clientId)).toMatchObject({
      secretHash: 'third',
      generation: 3,
      previousSecretHash: 'second',
    })
  })

  it('rotated at once: the old secret is gone, and tokens below the new generation are dead', async () => {
    const client = await created()
    await rotate(client, 'second', 100)
    await rotate(client, 'third', 0)
    expect(await clients.find(client.clientId)).toMatchObject({ generation: 3, previousSecretHash: null })
    expect((await clients.revocations(900)).clients.get(client.clientId)).toBe(3)
    await rotate(client, 'fourth', 100)
    expect((await clients.revocations(900)).clients.get(client.clientId)).toBe(3)
  })

  it('knows a revoked client no longer, and says so to every instance for a while', async () => {
    const client = await created()
    expect(await clients.revoke(client.portalId, client.clientId, context)).toBe(true)
    expect(await clients.find(client.clientId)).toBeNull()
    expect(await rotate(client, 'second', 0)).toBeNull()
    expect(await clients.revoke(client.portalId, client.clientId, context)).toBe(false)
    expect((await clients.revocations(900)).clients.get(client.clientId)).toBe(Number.POSITIVE_INFINITY)
    opened.advance(901)
    expect((await clients.revocations(900)).clients.has(client.clientId)).toBe(false)
  })

  it('names every suspended portal and no other, however long ago it was suspended', async () => {
    const [client, other] = [await created(), await created()]
    const portal = await portals.read(client.portalId)
    if (!portal) throw new Error('the portal is gone')
    await portals.update({ ...portal, suspended: true }, null, [], context)
    opened.advance(10_000)
    const { suspendedPortals } = await clients.revocations(1)
    expect([client, other].map(({ portalId }) => suspendedPortals.has(portalId))).toEqual([true, false])
    expect((await clients.find(client.clientId))?.portalSuspended).toBe(true)
  })

  it('has the keys that it was made with, until they are replaced, and none otherwise', async () => {
    expect((await created()).jwks).toEqual({ keys: [] })
    const portalId = await newPortalInside()
    const first = jwksOf('a', 'b')
    const base = { portalId, clientId: newClientId(), name: 'x', roles: ['portal' as const], secretHash: 'x' }
    const client = await clients.create({ ...base, jwks: first }, context)
    expect(client.jwks).toEqual(first)
    const second = jwksOf('b')
    const replaced = await clients.replaceKeys(portalId, client.clientId, second, context)
    expect(replaced).toEqual({ ...client, jwks: second })
    expect(await clients.list(portalId, 10, null)).toEqual([replaced])
    expect((await clients.replaceKeys(portalId, client.clientId, { keys: [] }, context))?.jwks).toEqual({ keys: [] })
  })

  it('tells every client that has keys, or those whose keys have changed of late', async () => {
    const [client, bare] = [await created(), await created()]
    const { portalId, clientId, roles } = client
    expect(await signing(client, null)).toBeUndefined()
    const jwks = jwksOf('a')
    await clients.replaceKeys(portalId, clientId, jwks, context)
    for (const within of [null, 100]) expect(await signing(client, within)).toEqual({ portalId, clientId, roles, jwks })
    opened.advance(101)
    expect(await signing(client, 100)).toBeUndefined()
    expect((await signing(client, null))?.jwks).toEqual(jwks)
    await clients.replaceKeys(portalId, clientId, { keys: [] }, context)
    expect((await signing(client, 100))?.jwks).toEqual({ keys: [] })
    for (const within of [null, 100]) expect(await signing(bare, within)).toBeUndefined()
  })

  it('tells a revoked client as one without keys, and takes none for it', async () => {
    const client = await created()
    const { portalId, clientId } = client
    await clients.replaceKeys(portalId, clientId, jwksOf('a'), context)
    opened.advance(1000)
    await clients.revoke(portalId, clientId, context)
    expect((await signing(client, 100))?.jwks).toEqual({ keys: [] })
    expect(await signing(client, null)).toBeUndefined()
    expect(await clients.replaceKeys(portalId, clientId, jwksOf('b'), context)).toBeNull()
    opened.advance(101)
    expect(await signing(client, 100)).toBeUndefined()
  })

  it('writes the names and thumbprints of keys into the event of their change', async () => {
    const portalId = await newPortalInside()
    const jwks = jwksOf('a')
    const base = { portalId, clientId: newClientId(), name: 'x', roles: [], secretHash: 'x' }
    const { clientId } = await clients.create({ ...base, jwks }, context)
    await clients.replaceKeys(portalId, clientId, { keys: [] }, context)
    const details = (await eventsOf(portalId))
      .filter(({ type }) => type === 'client.keys_changed')
      .map(event => event.details)
    const keys = [{ kid: 'a', thumbprint: expect.stringMatching(/^[\w-]{43}$/) }]
    expect(details).toHaveLength(2)
    expect(details).toEqual(
      expect.arrayContaining([
        { clientId, keys },
        { clientId, keys: [] },
      ]),
    )
  })

  it('TEN-1: touches no client of another portal', async () => {
    const [client, other] = [await created(), await created()]
    const elsewhere = { ...client, portalId: other.portalId }
    expect(await rotate(elsewhere, 'stolen', 0)).toBeNull()
    expect(await clients.revoke(other.portalId, client.clientId, context)).toBe(false)
    expect(await clients.replaceKeys(other.portalId, client.clientId, jwksOf('mine'), context)).toBeNull()
    expect(await signing(client, null)).toBeUndefined()
    expect((await clients.find(client.clientId))?.secretHash).toBe('first')
  })

  it('throws not_found for an unknown portal', async () => {
    const portalId = newPortalId()
    const client = { portalId, clientId: newClientId(), name: 'x', roles: [], secretHash: 'x' }
    const all = [
      clients.create(client, context),
      clients.list(portalId, 10, null),
      clients.rotate(portalId, client.clientId, 'y', 0, context),
      clients.revoke(portalId, client.clientId, context),
      clients.replaceKeys(portalId, client.clientId, jwksOf('a'), context),
    ]
    for (const result of await Promise.allSettled(all))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } })
    expect(await clients.find(client.clientId)).toBeNull()
  })

  it('writes an event for each change, and no secret into it', async () => {
    const client = await created()
    const { clientId, name, roles } = client
    await rotate(client, 'second', 100)
    await clients.revoke(client.portalId, clientId, context)
    const events = await eventsOf(client.portalId)
    expect(events.map(({ type }) => type).sort()).toEqual(['client.created', 'client.revoked', 'client.rotated'])
    expect(events.find(({ type }) => type === 'client.created')?.details).toEqual({ clientId, name, roles })
    expect(JSON.stringify(events)).not.toMatch(/first|second/)
  })
})
