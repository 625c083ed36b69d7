import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresEvents } from '../../src/adapters/postgres/events.ts'
import { makePostgresPortals } from '../../src/adapters/postgres/portals.ts'
import { countryCodes } from '../../src/domain/destination.ts'
import type { PortalId } from '../../src/domain/ids.ts'
import { portalIdSchema } from '../../src/domain/ids.ts'
import type { Portal, Settings } from '../../src/domain/settings.ts'
import type { Events } from '../../src/ports/events.ts'
import type { Portals } from '../../src/ports/portals.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { context, newPortal, newPortalId } from './sample-portals.ts'

describe.each(rows)('portals: %s', (_name, open) => {
  let opened: OpenedDatabase
  let portals: Portals
  let events: Events
  beforeAll(async () => {
    opened = await open()
    portals = makePostgresPortals(opened.database)
    events = makePostgresEvents(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  async function created(settings: Partial<Settings> = {}): Promise<Portal> {
    const portal = newPortal(settings)
    expect(await portals.create(portal)).toBe(true)
    return stored(portal.portalId)
  }
  async function stored(portalId: PortalId): Promise<Portal> {
    const portal = await portals.read(portalId)
    if (!portal) throw new Error('the portal is gone')
    return portal
  }

  it('reads back what was created, at version 1 and epoch 0', async () => {
    const limits = {
      dailyMessagesMax: 7,
      allowedCountries: ['US', 'DE'],
      senderIds: { DE: 'ACME' },
      emailFrom: 'mfa@example.com',
    } as const
    const portal = {
      ...newPortal({
        autofillDomain: 'example.com',
        optOut: { allowed: true, rememberDays: 30, skipsMax: 3, endsAt: '2030-01-01T00:00:00Z' },
        sms: { allowedCountries: [...countryCodes] },
      }),
      limits: { ...limits, allowedCountries: [...limits.allowedCountries] },
    }
    await portals.create(portal)
    const read = await stored(portal.portalId)
    expect(read).toMatchObject({ ...portal, version: 1, epoch: 0, suspended: false, updatedBy: null })
    expect(read.validFrom).toEqual({ enabled: 0, methods: {}, countries: {} })
    expect(read.createdAt).toBeInstanceOf(Date)
    // Both are the database's now, read one after the other.
    expect(read.updatedAt.getTime() - read.createdAt.getTime()).toBeLessThan(1000)
  })

  it('answers false for an id that is taken, and leaves that portal alone', async () => {
    const portal = await created()
    expect(await portals.create({ ...newPortal({ enabled: false }), portalId: portal.portalId })).toBe(false)
    expect(await stored(portal.portalId)).toEqual(portal)
  })

  it('knows no portal that was not created', async () => {
    expect(await portals.read(newPortalId())).toBeNull()
  })

  it('lists all portals page by page in the byte order of their ids', async () => {
    const mine = ['~', 'Z', 'a', '_'].map(end => portalIdSchema.parse(`list${end}`))
    for (const portalId of mine) await portals.create({ ...newPortal(), portalId })
    const seen: PortalId[] = []
    let page = await portals.list(2, null)
    while (page.length > 0) {
      seen.push(...page.map(({ portalId }) => portalId))
      page = await portals.list(2, seen.at(-1) ?? null)
    }
    expect(seen).toEqual([...seen].sort())
    expect(seen.filter(id => mine.includes(id))).toEqual([...mine].sort())
  })

  it('writes the next version with everything in it, at the database’s now', async () => {
    const portal = await created()
    opened.advance(60)
    const next: Portal = {
      ...portal,
      suspended: true,
      epoch: 4,
      validFrom: { enabled: 4, methods: { sms: 4 }, countries: { US: 2 } },
      limits: { ...portal.limits, dailyMessagesMax: 5 },
      settings: { ...portal.settings, enabled: false, methods: ['email'], locale: 'de', sms: { allowedCountries: [] } },
    }
    const updated = await portals.update(next, 'master', [], context)
    expect(updated).toMatchObject({ ...next, version: 2, updatedBy: 'master', updatedAt: expect.any(Date) })
    expect(updated?.createdAt).toEqual(portal.createdAt)
    expect((updated?.updatedAt.getTime() ?? 0) - portal.updatedAt.getTime()).toBeGreaterThanOrEqual(60_000)
    expect(await stored(portal.portalId)).toEqual(updated)
  })

  it('I8: writes its events with it, and neither when the version has moved on', async () => {
    const portal = await created()
    const changed = (details: object) => ({
      type: 'settings.changed' as const,
      contactId: null,
      organizationId: null,
      details: { ...details },
    })
    await portals.update(portal, null, [changed({ members: ['locale'] })], context)
    expect(await portals.update(portal, null, [changed({ members: ['late'] })], context)).toBeNull()
    expect((await stored(portal.portalId)).version).toBe(2)
    const { items } = await events.list(portal.portalId, { limit: 10 })
    expect(items).toMatchObject([{ type: 'settings.changed', details: { members: ['locale'] }, actor: context.actor }])
  })

  it('lets one of several writers of the same version through', async () => {
    const portal = await created()
    const updates = await Promise.all(Array.from({ length: 8 }, () => portals.update(portal, null, [], context)))
    expect(updates.filter(updated => updated !== null)).toHaveLength(1)
    expect((await stored(portal.portalId)).version).toBe(2)
  })

  it('updates no portal that does not exist', async () => {
    const portal = await created()
    expect(await portals.update({ ...portal, portalId: newPortalId() }, null, [], context)).toBeNull()
  })
})
