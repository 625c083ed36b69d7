import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EXAMINED_MAX } from '../../src/adapters/postgres/contacts.ts'
import { type ContactSnapshot, type ContactStatus, countingFactors } from '../../src/domain/contact.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { NewEvent } from '../../src/domain/event.ts'
import type { ContactId, ContactRef } from '../../src/domain/ids.ts'
import { contactIdSchema } from '../../src/domain/ids.ts'
import { validSkip } from '../../src/domain/skip.ts'
import type { ContactChange, ContactPage } from '../../src/ports/contacts.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import {
  acme,
  byPhone,
  challengeOf,
  context,
  enrollmentOf,
  globex,
  makeStory,
  newPortalId,
  newRef,
  newTarget,
  type Story,
} from './sample-portals.ts'

const DAY = 86_400

describe.each(rows)('contacts: %s', (_name, open) => {
  let opened: OpenedDatabase
  let story: Story
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())
  beforeEach(async () => {
    story = await makeStory(opened.database)
  })

  const apply = (ref: ContactRef, change: ContactChange, events: NewEvent[] = []) =>
    story.contacts.change(ref, null, context, () => ({ answer: null, change, events }))
  const skip = (ref: ContactRef, epoch = 0, skips = 1) =>
    story.contacts.change(ref, acme, context, ({ now: at }) => ({
      answer: null,
      change: { kind: 'skip', at, epoch, skips },
    }))
  const snapshot = (ref: ContactRef) => story.contacts.snapshot(ref)

  describe('a snapshot', () => {
    it('of somebody never seen has the portal alone', async () => {
      const seen = await snapshot(newRef(story.portalId))
      expect(seen).toMatchObject({ contact: null, factors: [] })
      expect(seen.portal).toEqual(await story.read())
    })

    it('is one statement, and so is that of a login', async () => {
      const contact = await story.enrolled()
      opened.statements()
      await snapshot(contact)
      await story.contacts.snapshotForLogin(contact, acme, context)
      expect(opened.statements()).toHaveLength(2)
    })

    it('has the database’s clock', async () => {
      const ref = newRef(story.portalId)
      const before = (await snapshot(ref)).now.getTime()
      opened.advance(DAY)
      expect((await snapshot(ref)).now.getTime()).toBeGreaterThanOrEqual(before + DAY * 1000)
    })

    it('shows the factor that was proved last first, then the one confirmed last', async () => {
      const contact = await story.enrolled()
      opened.advance(1)
      const address = newTarget('email')
      await story.settle(enrollmentOf(contact, null, byPhone), address, true)
      const order = async () => (await snapshot(contact)).factors.map(({ method }) => method)
      expect(await order()).toEqual(['email', 'sms'])
      opened.advance(1)
      await story.settle(challengeOf(contact), contact.target, true)
      expect(await order()).toEqual(['sms', 'email'])
      opened.advance(1)
      await story.settle(challengeOf(contact), address, true)
      expect(await order()).toEqual(['email', 'sms'])
    })

    it('throws not_found for an unknown portal, as everything here does', async () => {
      const ref = newRef(newPortalId())
      const all = [
        snapshot(ref),
        story.contacts.snapshotForLogin(ref, acme, context),
        story.contacts.list(ref.portalId, { limit: 1 }),
        apply(ref, { kind: 'reset' }),
        story.contacts.change(ref, acme, context, () => ({ answer: null })),
      ]
      for (const result of await Promise.allSettled(all))
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } })
      expect(await opened.sql('SELECT 1 FROM contacts WHERE portal_id = $1', [ref.portalId])).toEqual([])
    })
  })

  describe('a login', () => {
    it('moves a known contact to the organization it names, with the event', async () => {
      const contact = await story.enrolled()
      const seen = await story.contacts.snapshotForLogin(contact, globex, context)
      expect(seen.contact?.organizationId).toBe(globex)
      expect(seen.factors).toHaveLength(1)
      expect((await snapshot(contact)).contact?.organizationId).toBe(globex)
      expect(await story.eventsOf(contact, 'contact.moved')).toMatchObject([
        { organizationId: globex, details: { from: acme }, actor: context.actor },
      ])
    })

    it('changes nothing for a contact that is there already, or was never seen', async () => {
      const contact = await story.enrolled()
      const stranger = newRef(story.portalId)
      await story.contacts.snapshotForLogin(contact, acme, context)
      expect((await story.contacts.snapshotForLogin(stranger, acme, context)).contact).toBeNull()
      expect((await snapshot(stranger)).contact).toBeNull()
      expect(await story.eventsOf(contact, 'contact.moved')).toEqual([])
    })
  })

  describe('a change', () => {
    it('shows the rule the contact, and answers what the rule answers', async () => {
      const contact = await story.enrolled()
      const seen = await story.contacts.change(contact, null, context, shown => ({ answer: shown }))
      expect(seen).toEqual({ ...(await snapshot(contact)), now: seen.now })
    })

    it('creates the contact only where it may', async () => {
      const ref = newRef(story.portalId)
      expect(await story.contacts.change(ref, null, context, ({ contact }) => ({ answer: contact }))).toBeNull()
      expect((await snapshot(ref)).contact).toBeNull()
      await story.contacts.change(ref, acme, context, () => ({ answer: null }))
      expect((await snapshot(ref)).contact).toMatchObject({ organizationId: acme, skips: 0 })
      await story.contacts.change(ref, globex, context, () => ({ answer: null }))
      expect((await snapshot(ref)).contact?.organizationId).toBe(acme)
    })

    it('leaves nothing behind when the rule throws: no row, no change, no event', async () => {
      const ref = newRef(story.portalId)
      const refuse = () => {
        throw new MfaError('skip_not_allowed')
      }
      await expect(story.contacts.change(ref, acme, context, refuse)).rejects.toMatchObject({
        code: 'skip_not_allowed',
      })
      expect((await snapshot(ref)).contact).toBeNull()
    })

    it('lets an error of the rule’s own through, and goes on working', async () => {
      const broken = () => {
        throw new RangeError('a bug')
      }
      await expect(story.contacts.change(newRef(story.portalId), acme, context, broken)).rejects.toThrow('a bug')
      expect(await snapshot(newRef(story.portalId))).toMatchObject({ contact: null })
    })

    it('I8: writes its events with it, or neither', async () => {
      const contact = await story.enrolled()
      const event = { type: 'contact.reset', contactId: contact.contactId, organizationId: acme, details: {} } as const
      const twice = { ...context, newEventId: () => 'evt_0000000000000000000000' as never }
      const failing = story.contacts.change(contact, null, twice, () => ({
        answer: null,
        change: { kind: 'reset' },
        events: [event, event],
      }))
      await expect(failing).rejects.toMatchObject({ code: 'unavailable' })
      expect((await snapshot(contact)).factors).toHaveLength(1)
    })

    it('remembers a skip at the database’s now, and forgets it', async () => {
      const ref = newRef(story.portalId)
      const before = (await snapshot(ref)).now
      await skip(ref, 3, 2)
      const skipped = (await snapshot(ref)).contact
      expect(skipped).toMatchObject({ skip: { epoch: 3 }, skips: 2, skipsEpoch: 3 })
      expect(skipped?.skip?.at.getTime()).toBeGreaterThanOrEqual(before.getTime())
      await apply(ref, { kind: 'forgetSkip' })
      expect((await snapshot(ref)).contact).toMatchObject({ skip: null, skips: 2, skipsEpoch: 3 })
    })

    it('RESET-2: resets factors, failures, lock, skip and skip count, redraws the ticket, and notes when', async () => {
      const contact = await story.enrolled()
      for (let made = 0; made < 10; made++) await story.settle(challengeOf(contact), contact.target, false)
      await skip(contact, 0, 5)
      const locked = await snapshot(contact)
      expect(locked.contact?.lockedUntil).not.toBeNull()
      await story.reset(contact)
      const reset = await snapshot(contact)
      expect(reset.factors).toEqual([])
      expect(reset.contact).toMatchObject({ lockedUntil: null, skip: null, skips: 0, organizationId: acme })
      expect(reset.contact?.resetAt).toBeInstanceOf(Date)
      expect(reset.contact?.ticket).not.toBe(locked.contact?.ticket)
    })

    it('clears the mark of a reset with the next skip', async () => {
      const contact = await story.enrolled()
      await story.reset(contact)
      await skip(contact)
      expect((await snapshot(contact)).contact?.resetAt).toBeNull()
    })

    it('removes one factor, and leaves ticket and the others', async () => {
      const contact = await story.enrolled()
      const address = newTarget('email')
      await story.settle(enrollmentOf(contact, null, byPhone), address, true)
      const before = await snapshot(contact)
      await apply(contact, { kind: 'removeFactor', factorId: contact.target.factorId })
      const after = await snapshot(contact)
      expect(after.factors.map(({ factorId }) => factorId)).toEqual([address.factorId])
      expect(after.contact?.ticket).toBe(before.contact?.ticket)
    })

    it('erases contact, factors and every reason, and keeps the events', async () => {
      const [contact, other] = [await story.enrolled(), await story.enrolled()]
      await story.reset(other)
      await story.reset(contact)
      const erased = {
        type: 'contact.erased',
        contactId: contact.contactId,
        organizationId: acme,
        details: {},
      } as const
      await apply(contact, { kind: 'erase' }, [erased])
      expect((await snapshot(contact)).contact).toBeNull()
      const kept = await story.eventsOf(contact)
      expect(kept.map(({ type }) => type)).toEqual(expect.arrayContaining(['contact.reset', 'contact.erased']))
      expect(JSON.stringify(kept)).not.toContain('lost the phone')
      expect(JSON.stringify(await story.eventsOf(other))).toContain('lost the phone')
    })
  })

  describe('the list', () => {
    const ids = ({ items }: { items: ContactSnapshot[] }) => items.map(({ contact }) => contact?.contactId)

    async function add(id: string, organizationId = acme): Promise<ContactRef> {
      const ref = { portalId: story.portalId, contactId: contactIdSchema.parse(id) }
      await story.contacts.change(ref, organizationId, context, () => ({ answer: null }))
      return ref
    }

    it('comes in the byte order of the ids, page by page, each contact once', async () => {
      const all = ['A', 'B', 'Z', 'a', 'b-1', 'b.1', 'b1', 'b:1', 'b_1', 'b~1', '0', '10', '9']
      for (const id of all) await add(id)
      const seen: (string | undefined)[] = []
      let after: ContactId | null = null
      do {
        const page: ContactPage = await story.contacts.list(story.portalId, { limit: 4, after: after ?? undefined })
        seen.push(...ids(page))
        after = page.next
      } while (after && seen.length <= all.length)
      expect(seen).toEqual([...all].sort())
    })

    it('of an organization has its contacts alone', async () => {
      await add('a')
      await add('b', globex)
      await add('c', globex)
      expect(ids(await story.contacts.list(story.portalId, { organizationId: globex, limit: 10 }))).toEqual(['b', 'c'])
      const after = contactIdSchema.parse('b')
      expect(ids(await story.contacts.list(story.portalId, { organizationId: globex, limit: 1, after }))).toEqual(['c'])
    })

    it('has what a snapshot has', async () => {
      const contact = await story.enrolled()
      await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)
      const [listed] = (await story.contacts.list(story.portalId, { limit: 10 })).items
      const seen = await snapshot(contact)
      expect(listed).toEqual({ ...seen, now: listed?.now })
    })

    const statusOf = (seen: ContactSnapshot): ContactStatus => {
      if (countingFactors(seen).length > 0) return 'enrolled'
      return validSkip(seen) ? 'skipped' : 'not_enrolled'
    }

    it('by status agrees with the rules under the settings of the moment', async () => {
      await story.enrolled('sms', 'US')
      await story.enrolled('sms', 'CA')
      await story.enrolled('email')
      await story.known()
      await skip(newRef(story.portalId))
      const disabled = await story.enrolled()
      for (let made = 0; made < 50; made++) {
        if (made % 10 === 0) opened.advance(1800)
        await story.settle(challengeOf(disabled), disabled.target, false)
      }
      const patches = [
        {},
        { sms: { allowedCountries: ['CA'] } },
        { methods: ['sms'] },
        { optOut: { allowed: false } },
        { optOut: { allowed: true, rememberDays: 1 } },
        { enabled: false },
        { enabled: true },
      ]
      const counts: number[][] = []
      for (const patch of patches) {
        await story.change(patch)
        const all = await story.contacts.list(story.portalId, { limit: 100 })
        expect(all.items).toHaveLength(6)
        const split = await Promise.all(
          (['enrolled', 'skipped', 'not_enrolled'] as const).map(async status => {
            const filtered = await story.contacts.list(story.portalId, { status, limit: 100 })
            expect(ids(filtered)).toEqual(ids({ items: all.items.filter(seen => statusOf(seen) === status) }))
            expect(
              ids(await story.contacts.list(story.portalId, { organizationId: acme, status, limit: 100 })),
            ).toEqual(ids(filtered))
            return filtered.items.length
          }),
        )
        counts.push(split)
      }
      expect(counts[0]).toEqual([4, 1, 1])
      expect(counts.at(-1)).toEqual([0, 0, 6])
    })

    describe.each([undefined, acme])('by a rare status, of organization %s', organizationId => {
      /** Bare contacts around few that have skipped. */
      async function addMany(count: number, ...skippedAt: number[]): Promise<void> {
        await opened.sql(
          `INSERT INTO contacts (portal_id, contact_id, organization_id, created_at)
           SELECT $1, 'n-' || lpad(n::text, 5, '0'), $2, now() FROM generate_series(1, $3::integer) n`,
          [story.portalId, acme, count],
        )
        for (const at of skippedAt)
          await opened.sql(
            `UPDATE contacts SET skipped_at = now(), skip_epoch = 1000 WHERE portal_id = $1 AND contact_id = 'n-' || lpad($2, 5, '0')`,
            [story.portalId, String(at)],
          )
      }

      async function pages(limit: number): Promise<(string | undefined)[][]> {
        const found: (string | undefined)[][] = []
        let after: ContactId | undefined
        for (let calls = 0; calls < 10; calls++) {
          const filter = { organizationId, status: 'skipped', limit, after } as const
          const page = await story.contacts.list(story.portalId, filter)
          found.push(ids(page))
          if (page.next === null) return found
          after = page.next
        }
        throw new Error('the list has no end')
      }

      it('a page looks at so many contacts and no more, and the next goes on after them', async () => {
        await addMany(2 * EXAMINED_MAX + 5, 3, EXAMINED_MAX, 2 * EXAMINED_MAX + 1)
        expect(await pages(10)).toEqual([['n-00003', `n-0${EXAMINED_MAX}`], [], [`n-0${2 * EXAMINED_MAX + 1}`]])
        expect((await pages(1)).flat()).toHaveLength(3)
      })

      it('an end that falls on the end of such a stretch leaves out nothing', async () => {
        await addMany(EXAMINED_MAX, EXAMINED_MAX)
        expect(await pages(1)).toEqual([[`n-0${EXAMINED_MAX}`], []])
      })
    })
  })
})
