/** Where codes go: one budget for all spellings, one recipient, and nothing told of whose a destination is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal } from '../support/portal.ts'
import { type Answer, openEmbedded, type TestService } from '../support/service.ts'
import {
  AMERICAN,
  BRITISH,
  MAILBOX,
  mailboxSpellings,
  mailboxTricks,
  numberSpellings,
  numberTricks,
  otherNumbers,
} from '../support/spellings.ts'

let service: TestService
let acme: TestPortal
beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
})
afterAll(() => service.close())

const enrollmentOf = (
  method: string,
  destination: string,
  country: string | null,
  portal: TestPortal,
  contactId: string,
) =>
  portal.portal.post(`/v1/contacts/${contactId}/enrollments`, {
    organizationId: 'org',
    loginId: fresh('login'),
    method,
    destination,
    ...(country === null ? {} : { country }),
  })
const byPhone = (input: string, country: string | null = null, portal = acme, contactId = fresh('contact')) =>
  enrollmentOf('sms', input, country, portal, contactId)
const byEmail = (input: string, portal = acme) => enrollmentOf('email', input, null, portal, fresh('contact'))

async function inTurn<T>(rows: readonly T[], one: (row: T) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const row of rows) answers.push(await one(row))
  return answers
}
const recipients = async (): Promise<string[]> => (await service.messages()).map(({ to }) => to)
const sentTo = async (to: string): Promise<number> => (await recipients()).filter(one => one === to).length
const refusals = (answers: Answer[]): (number | string)[] =>
  [...new Set(answers.map(({ status, body }) => `${status} ${body.code}`))].sort()

describe('a destination', () => {
  // PHONE-1: sixty spellings of one number are three hundred messages, if each has a budget of its own.
  it('PHONE-1: has one budget for all spellings of a number, national ones with their country too', async () => {
    const answers = await inTurn(numberSpellings, ([, input, country]) => byPhone(input, country))
    expect(refusals(answers)).toEqual(['201 undefined', '429 too_many_messages'])
    for (const { status, body } of answers) if (status === 429) expect(body.limit).toBe('destination')
    expect([await sentTo(AMERICAN), await sentTo(BRITISH)]).toEqual([5, 5])
    expect(new Set(await recipients())).toEqual(new Set([AMERICAN, BRITISH]))
  })

  it('PHONE-1, PHONE-2: that is no plain mobile number is refused, and nothing is sent to anybody', async () => {
    const before = (await recipients()).length
    const rows = [...numberTricks, ...otherNumbers].map(([input, country]) => [input, country] as const)
    const answers = await inTurn(rows, ([input, country]) => byPhone(input, country))
    expect(refusals(answers)).toEqual(['400 invalid_request', '422 destination_invalid'])
    expect(rows.filter((_, at) => answers[at]?.status === 400).map(([input]) => input)).toEqual(['', ''])
    expect((await recipients()).length).toBe(before)
    for (const [at, { body }] of answers.entries())
      expect(rows[at]?.[0] === '' || !JSON.stringify(body).includes(rows[at]?.[0] ?? '')).toBe(true)
  })

  // PHONE-3: the list of countries stands in the page alone, and the request names another.
  it('PHONE-3: is in a country that the portal allows, whatever the caller says, and in none where it allows none', async () => {
    const portal = await openPortal(service, { enabled: true, sms: { allowedCountries: ['US'] } })
    const refused = { status: 422, body: { code: 'country_not_allowed' } }
    expect((await byPhone(freshNumber(), 'US', portal)).status).toBe(201)
    expect(await byPhone('+447400123457', null, portal)).toMatchObject(refused)
    expect(await byPhone('07400123457', 'GB', portal)).toMatchObject(refused)
    expect(await byPhone('+447400123457', 'US', portal)).toMatchObject({ body: { code: 'destination_invalid' } })
    expect(await sentTo('+447400123457')).toBe(0)
    const empty = await openPortal(service, {}, { allowedCountries: [] })
    expect(await empty.settings({ enabled: true, methods: ['sms'] })).toMatchObject({ status: 400 })
  })

  // EMAIL-2: a tag for every message.
  it('EMAIL-2: has one budget for all cases and tags of a mailbox, and each message goes where it was asked to', async () => {
    const answers = await inTurn(mailboxSpellings, input => byEmail(input))
    expect(answers.map(({ status }) => status)).toEqual(mailboxSpellings.map((_, at) => (at < 5 ? 201 : 429)))
    const to = await recipients()
    for (const spelling of mailboxSpellings.slice(0, 5))
      expect(to).toContain(spelling.replace(/@.*/, domain => domain.toLowerCase()))
    expect(await byEmail(MAILBOX, await openPortal(service))).toMatchObject({
      status: 429,
      body: { limit: 'destination' },
    })
  })

  // EMAIL-1: `mıke@` is not `mike@`. EMAIL-3: two addresses in one string are two people with one code.
  it('EMAIL-1, EMAIL-3: that is not one plain ASCII address is refused, and nothing is sent to anybody', async () => {
    const before = (await recipients()).length
    const answers = await inTurn(mailboxTricks, ([input]) => byEmail(input))
    for (const [at, { status, body }] of answers.entries())
      expect([400, 422], `${mailboxTricks[at]?.[0]} ${body.code}`).toContain(status)
    expect((await recipients()).length).toBe(before)
  })

  it('EMAIL-1: is sent to as it was confirmed, however the login is spelled later', async () => {
    const contactId = fresh('stored')
    await acme.enroll(contactId, { method: 'email', destination: 'Stored.Person+mfa@example.com' })
    await acme.challenge(contactId)
    expect((await recipients())[0]).toBe('Stored.Person+mfa@example.com')
  })

  it('belongs to its method', async () => {
    expect(await byPhone('ann@example.com')).toMatchObject({ status: 422, body: { code: 'destination_invalid' } })
    expect(await byEmail(AMERICAN)).toMatchObject({ status: 422, body: { code: 'destination_invalid' } })
  })
})

describe('an enrollment', () => {
  /** An answer without what is drawn anew for each request, or hangs on when it came. */
  const normal = ({ status, body, headers }: Answer): string => {
    const { id, requestId, expiresAt, resendAt, retryAfterSeconds, ...rest } = body
    const kept = Object.keys(headers).filter(name => !['date', 'content-length'].includes(name))
    return JSON.stringify([status, rest, Object.keys(body).sort(), kept.sort()]).replace(/\*{6}\d\d/, '******')
  }

  // ENUM-1: a caller asks with somebody's number, and the answer tells that it is known, or where.
  it('ENUM-1: is answered alike whether its destination is a factor here, elsewhere, or nowhere', async () => {
    const other = await openPortal(service)
    const [here, elsewhere] = [fresh('here'), fresh('elsewhere')]
    const known = (await acme.enroll(here)).destination
    const knownElsewhere = (await other.enroll(elsewhere)).destination
    const destinations = [known, knownElsewhere, freshNumber()]
    const rounds: string[][] = []
    for (let round = 0; round < 6; round++) {
      const answers: Answer[] = []
      for (const destination of destinations) answers.push(await byPhone(destination))
      rounds.push(answers.map(normal))
    }
    // Enrolling has spent one of the five sends of the known ones: the count is of the destination, and tells no more.
    for (const round of rounds.slice(0, 4)) expect(new Set(round).size).toBe(1)
    const [byKnown, byElsewhere] = rounds[4] ?? []
    expect(byKnown).toBe(byElsewhere)
    expect(rounds[5]?.map(answer => JSON.parse(answer)[0])).toEqual([429, 429, 429])
  })

  it('ENUM-1: of a contact that is known, unknown or erased is answered alike', async () => {
    const [enrolled, erased] = [fresh('enrolled'), fresh('erased')]
    await acme.enroll(enrolled)
    await acme.masterAdmin.post(`/v1/contacts/${enrolled}/reset`, {})
    await acme.enroll(erased)
    await acme.masterAdmin.delete(`/v1/contacts/${erased}`)
    const answers: Answer[] = []
    for (const contactId of [enrolled, erased, fresh('unknown')])
      answers.push(await byPhone(freshNumber(), null, acme, contactId))
    expect(answers[0]?.status).toBe(201)
    expect(new Set(answers.map(normal)).size).toBe(1)
  })

  // ENUM-3: one site shows the first digits, another the last.
  it('ENUM-3: shows two digits of a number and first letter and domain of an address, wherever it is answered', async () => {
    const contactId = fresh('masked')
    const [number, address] = [freshNumber(), `person.${fresh('p')}@example.com`]
    const { factorId } = await acme.enroll(contactId, { destination: number })
    const proof = await acme.challenge(contactId, { purpose: 'change_factor' })
    const { assertion } = (await acme.verify(contactId, proof, proof.code)).body
    await acme.enroll(contactId, { method: 'email', destination: address, loginId: proof.loginId, assertion })
    const challenge = await acme.challenge(contactId, { factorId })
    const answers = [
      await acme.decide(contactId),
      await acme.portal.get(`/v1/contacts/${contactId}/challenges/${challenge.id}`),
      await acme.portal.get(`/v1/contacts/${contactId}`),
      await acme.portal.get('/v1/contacts?limit=200'),
      await acme.masterAdmin.get(`/v1/events?contactId=${contactId}`),
    ]
    // Without instants and what is drawn, which may have any three digits.
    const drawn = /(At|Until|Id|Cursor)$|^(at|id)$/
    const text = JSON.stringify(
      answers.map(({ body }) => body),
      (name, value) => (drawn.test(name) ? undefined : value),
    )
    expect(text).toContain(`"******${number.slice(-2)}"`)
    expect(text).toContain('"p***@example.com"')
    expect(text).not.toContain(number.slice(-3))
    expect(text).not.toContain(address.split('@')[0])
  })
})
