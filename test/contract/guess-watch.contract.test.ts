import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresGuessWatch } from '../../src/adapters/postgres/guess-watch.ts'
import { GUESSING_QUIET_SECONDS, GUESSING_WINDOW_SECONDS } from '../../src/domain/limits.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { byPhone, challengeOf, context, enrollmentOf, makeStory, newContactId, newTarget } from './sample-portals.ts'

describe.each(rows)('guess watch: %s', (_name, open) => {
  let opened: OpenedDatabase
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  const watched = async () => {
    const story = await makeStory(opened.database)
    return { story, portalId: story.portalId, guesses: makePostgresGuessWatch(opened.database) }
  }
  const count = { wrong: 200, all: 201 }

  it('counts what was settled in the window, right and wrong, of this portal alone', async () => {
    const [{ story, portalId, guesses }, other] = [await watched(), await watched()]
    const contact = await story.enrolled()
    await story.settle(challengeOf(contact), contact.target, false)
    await story.settle(challengeOf(contact), contact.target, true)
    const neighbour = await other.story.enrolled()
    await other.story.settle(challengeOf(neighbour), neighbour.target, false)
    expect(await guesses.count(portalId)).toEqual({ wrong: 1, all: 3 })
    opened.advance(GUESSING_WINDOW_SECONDS - 5)
    expect(await guesses.count(portalId)).toEqual({ wrong: 1, all: 3 })
    opened.advance(10)
    expect(await guesses.count(portalId)).toEqual({ wrong: 0, all: 0 })
  })

  it('counts wrong codes of enrollments too', async () => {
    const { story, portalId, guesses } = await watched()
    const contact = await story.enrolled()
    await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), false)
    expect(await guesses.count(portalId)).toEqual({ wrong: 1, all: 2 })
  })

  it('guards a portal until it was quiet for the time, told anew each time, with one event', async () => {
    const { story, portalId, guesses } = await watched()
    const guarded = async () => (await story.portals.read(portalId))?.guarded
    expect(await guarded()).toBe(false)
    expect(await guesses.guard(portalId, count, context)).toBe(true)
    expect(await guarded()).toBe(true)
    opened.advance(GUESSING_QUIET_SECONDS - 5)
    expect(await guesses.guard(portalId, count, context)).toBe(false)
    opened.advance(GUESSING_QUIET_SECONDS - 5)
    expect(await guarded()).toBe(true)
    opened.advance(10)
    expect(await guarded()).toBe(false)
    expect(await guesses.guard(portalId, count, context)).toBe(true)
    const { items } = await story.events.list(portalId, { type: 'guessing_suspected', limit: 10 })
    expect(items).toHaveLength(2)
    expect(items[0]).toMatchObject({ contactId: null, details: count })
  })

  it('finds a portal unguarded once, however many instances see it at once', async () => {
    const { portalId, guesses } = await watched()
    const answers = await Promise.all(Array.from({ length: 5 }, () => guesses.guard(portalId, count, context)))
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  it('leaves the settings and their version as they are, and is seen in a contact’s snapshot', async () => {
    const { story, portalId, guesses } = await watched()
    const before = await story.portals.read(portalId)
    await guesses.guard(portalId, count, context)
    expect(await story.portals.read(portalId)).toEqual({ ...before, guarded: true })
    const { portal } = await story.contacts.snapshot({ portalId, contactId: newContactId() })
    expect(portal.guarded).toBe(true)
  })
})
