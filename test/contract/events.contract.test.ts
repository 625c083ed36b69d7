import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresEvents } from '../../src/adapters/postgres/events.ts'
import type { Event, NewEvent } from '../../src/domain/event.ts'
import type { PortalId } from '../../src/domain/ids.ts'
import type { EventFilter, Events } from '../../src/ports/events.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { acme, context, newContactId, newPortalId } from './sample-portals.ts'

describe.each(rows)('events: %s', (_name, open) => {
  let opened: OpenedDatabase
  let events: Events
  beforeAll(async () => {
    opened = await open()
    events = makePostgresEvents(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  const failed = (over: Partial<NewEvent> = {}): NewEvent => ({
    type: 'send.failed',
    contactId: newContactId(),
    organizationId: acme,
    details: { reason: 'throttled' },
    ...over,
  })
  const record = (portalId: PortalId, ...all: NewEvent[]) => events.record(portalId, all, context)

  async function everyPage(portalId: PortalId, filter: Omit<EventFilter, 'after'>): Promise<Event[]> {
    const all: Event[] = []
    let page = await events.list(portalId, filter)
    all.push(...page.items)
    while (page.next) {
      page = await events.list(portalId, { ...filter, after: page.next })
      all.push(...page.items)
    }
    return all
  }

  it('keeps who did what to whom, in which request, at the database’s now', async () => {
    const portalId = newPortalId()
    const event = failed({ details: { nested: { list: [1, null, 'é'] } } })
    await record(portalId, event)
    const { items, next } = await events.list(portalId, { limit: 10 })
    expect(items).toEqual([
      {
        ...event,
        eventId: expect.stringMatching(/^evt_/),
        at: expect.any(Date),
        actor: context.actor,
        requestId: context.requestId,
      },
    ])
    expect(next).toBeNull()
  })

  it('lists the newest first, each once, also those of one moment', async () => {
    const portalId = newPortalId()
    for (let n = 0; n < 5; n++) {
      await record(portalId, failed({ details: { n } }), failed({ details: { n } }))
      opened.advance(1)
    }
    const all = await everyPage(portalId, { limit: 3 })
    expect(all.map(({ details }) => details.n)).toEqual([4, 4, 3, 3, 2, 2, 1, 1, 0, 0])
    expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(10)
  })

  it('gives out no cursor after the last page', async () => {
    const portalId = newPortalId()
    await record(portalId, failed(), failed())
    expect((await events.list(portalId, { limit: 1 })).next).not.toBeNull()
    expect((await events.list(portalId, { limit: 2 })).next).toBeNull()
  })

  it('filters by contact, type and time together', async () => {
    const portalId = newPortalId()
    const contactId = newContactId()
    await record(portalId, failed({ contactId }), failed({ contactId, type: 'limit.reached' }))
    opened.advance(60)
    await record(portalId, failed(), failed({ contactId }), failed({ contactId, type: 'limit.reached' }))
    const [newest] = (await events.list(portalId, { limit: 1 })).items
    const from = new Date((newest?.at.getTime() ?? 0) - 1000)
    const found = async (filter: Omit<EventFilter, 'limit'>) =>
      (await everyPage(portalId, { ...filter, limit: 2 })).length
    expect(await found({ contactId })).toBe(4)
    expect(await found({ type: 'limit.reached' })).toBe(2)
    expect(await found({ from })).toBe(3)
    expect(await found({ contactId, type: 'limit.reached', from })).toBe(1)
  })

  it('TEN-1: shows a portal its own events alone', async () => {
    const [mine, other] = [newPortalId(), newPortalId()]
    const contactId = newContactId()
    await record(mine, failed({ contactId }))
    await record(other, failed({ contactId }))
    expect((await events.list(mine, { contactId, limit: 10 })).items).toHaveLength(1)
  })

  it('records nothing when there is nothing to record', async () => {
    const portalId = newPortalId()
    await record(portalId)
    expect((await events.list(portalId, { limit: 1 })).items).toEqual([])
  })
})
