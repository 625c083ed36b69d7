/** Nothing is sent above the limits, and what was not sent is given back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countersOf } from '../support/metrics.ts'
import { fresh, freshNumber, openPortal, type TestPortal, untilMorning } from '../support/portal.ts'
import { type Answer, openEmbedded, openReal, type TestService } from '../support/service.ts'

const DAY = 86_400

describe.each([
  ['memory', openEmbedded],
  ['Redis', () => openReal(2)],
])('sending, counted in %s', (_, open) => {
  let service: TestService
  let acme: TestPortal

  beforeAll(async () => {
    service = await open()
    service.advance(untilMorning())
    acme = await openPortal(service)
  })
  afterAll(() => service.close())

  const start = (portal: TestPortal, destination: string, contactId = fresh('contact')) =>
    portal.portal.post(`/v1/contacts/${contactId}/enrollments`, {
      organizationId: 'org',
      loginId: fresh('login'),
      method: destination.includes('@') ? 'email' : 'sms',
      destination,
    })
  const startMany = async (count: number, one: (at: number) => Promise<Answer>) => {
    const answers: Answer[] = []
    for (let at = 0; at < count; at++) answers.push(await one(at))
    return answers
  }
  const sentTo = async (destination: string) => (await service.messages()).filter(({ to }) => to === destination).length
  const refusedBy = (limit: string) => ({ status: 429, body: { code: 'too_many_messages', limit } })

  // SEND-1: a phone that rings all night, through whichever portal.
  it('five codes in ten minutes to one destination, over all portals and contacts, ten in an hour', async () => {
    const other = await openPortal(service)
    const victim = `${fresh('victim')}@example.com`
    const answers = await startMany(6, at => start(at % 2 ? acme : other, victim))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429])
    expect(answers[5]).toMatchObject(refusedBy('destination'))
    expect(Number(answers[5]?.headers['retry-after'])).toBeGreaterThan(500)
    service.advance(601)
    expect((await startMany(6, () => start(acme, victim))).at(-1)).toMatchObject(refusedBy('destination'))
    service.advance(601)
    expect(await start(acme, victim)).toMatchObject(refusedBy('destination'))
    expect(await sentTo(victim)).toBe(10)
  })

  it('never more of them for 30 parallel starts, and each refusal gives back what it had reserved', async () => {
    const victim = `${fresh('victim')}@example.com`
    const answers = await Promise.all(Array.from({ length: 30 }, () => start(acme, victim)))
    const sent = answers.filter(({ status }) => status === 201).length
    expect(sent).toBeLessThanOrEqual(5)
    expect(await sentTo(victim)).toBe(sent)
    // What parallel refusals took from one another is back.
    await startMany(5 - sent, () => start(acme, victim))
    expect(await sentTo(victim)).toBe(5)
  })

  it('ten codes an hour for one contact, whatever the destination, until a reset', async () => {
    const contactId = fresh('busy')
    const answers = await startMany(11, () => start(acme, `${fresh('to')}@example.com`, contactId))
    expect(answers.at(-2)?.status).toBe(201)
    expect(answers.at(-1)).toMatchObject(refusedBy('contact'))
    await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
    expect((await start(acme, `${fresh('to')}@example.com`, contactId)).status).toBe(201)
  })

  it('an attacker who enrolls the number elsewhere never drains the budget of the active factor', async () => {
    const contactId = fresh('owner')
    const { destination } = await acme.enroll(contactId)
    await startMany(6, () => start(acme, destination))
    expect(await start(acme, destination)).toMatchObject(refusedBy('destination'))
    const challenge = await acme.challenge(contactId)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
  })

  // PUMP-1: a range of numbers that somebody earns from.
  it('twenty unconfirmed codes an hour into one block of numbers; a confirmation gives its own back', async () => {
    const portal = await openPortal(service)
    const number = (at: number) => `+1301555${(1000 + at).toString()}`
    const contacts = await startMany(20, at => start(portal, number(at)))
    expect(contacts.every(({ status }) => status === 201)).toBe(true)
    expect(await start(portal, number(20))).toMatchObject(refusedBy('prefix'))
    service.advance(3601)
    for (let at = 30; at < 55; at++) await portal.enroll(fresh('mate'), { destination: number(at) })
  })

  it('a confirmation gives its own back once per contact and day, and sixty an hour are all in any case', async () => {
    const portal = await openPortal(service)
    const number = (at: number) => `+1302555${(1000 + at).toString()}`
    const contactId = fresh('changer')
    await portal.enroll(contactId, { destination: number(0) })
    await portal.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
    await portal.enroll(contactId, { destination: number(1) })
    // One of the two is counted: 19 are left.
    expect((await startMany(20, at => start(portal, number(at + 2)))).map(({ status }) => status)).toEqual([
      ...Array(19).fill(201),
      429,
    ])
    const crowd = await openPortal(service)
    for (let at = 0; at < 60; at++) await crowd.enroll(fresh('mate'), { destination: number(100 + at) })
    expect(await start(crowd, number(200))).toMatchObject(refusedBy('prefix'))
  })

  it('thirty codes a day for one contact, by whatever enrollments and challenges', async () => {
    const contactId = fresh('daily')
    for (const [hour, count] of [10, 10, 10, 1].entries()) {
      const answers = await startMany(count, () => start(acme, `${fresh('to')}@example.com`, contactId))
      expect(answers.at(-1)?.status, `hour ${hour}`).toBe(hour < 3 ? 201 : 429)
      service.advance(3601)
    }
  })

  it('never more SMS of a day for 30 parallel starts, and each refusal gives back what it had reserved', async () => {
    service.advance(DAY)
    const portal = await openPortal(service, { enabled: true }, { dailyMessagesMax: 10 })
    const numbers = Array.from({ length: 30 }, freshNumber)
    const contacts = numbers.map(() => fresh('crowd'))
    const answers = await Promise.all(numbers.map((number, at) => start(portal, number, contacts[at])))
    const refused = answers.flatMap(({ status }, at) => (status === 201 ? [] : [at]))
    expect(refused).toHaveLength(22)
    for (const at of refused) expect(answers[at]).toMatchObject(refusedBy('portal_day'))
    const texts = (await service.messages()).filter(({ to }) => numbers.includes(to))
    expect(texts).toHaveLength(8)
    // Nothing of a refused contact's, number's or block's budget is gone.
    service.advance(DAY)
    const again = refused[0] ?? 0
    const five = await startMany(5, () => start(portal, numbers[again] ?? '', contacts[again]))
    expect(five.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
  })

  it('a refusal for too many messages is not kept under its Idempotency-Key: the same call runs again', async () => {
    const [contactId, key, destination] = [fresh('clicker'), fresh('key'), `${fresh('to')}@example.com`]
    const body = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination }
    const post = () => acme.portal.post(`/v1/contacts/${contactId}/enrollments`, body, { 'idempotency-key': key })
    await startMany(5, () => start(acme, destination))
    expect(await post()).toMatchObject(refusedBy('destination'))
    service.advance(601)
    expect((await post()).status).toBe(201)
    expect(await sentTo(destination)).toBe(6)
  })

  it('resends wait 30, 60, 120 and 240 seconds, and five codes are all', async () => {
    const contactId = fresh('waiter')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const resend = () => acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/resend`, {})
    for (const wait of [30, 60, 120, 240]) {
      service.advance(wait - 20)
      expect(await resend()).toMatchObject({ status: 429, body: { code: 'resend_too_soon' } })
      service.advance(21)
      expect((await resend()).status).toBe(200)
    }
    service.advance(200)
    expect(await resend()).toMatchObject({ status: 429, body: { code: 'sends_exhausted', sendsLeft: 0 } })
  })

  it('a resend that comes too soon is told the wait of the factor that it asks for', async () => {
    const contactId = fresh('two-phones')
    const { factorId: phone } = await acme.enroll(contactId)
    const stepUp = await acme.challenge(contactId, { purpose: 'change_factor' })
    const { assertion } = (await acme.verify(contactId, stepUp, stepUp.code)).body
    const mail = { method: 'email', destination: `${contactId}@example.com`, loginId: stepUp.loginId, assertion }
    const { factorId: address } = await acme.enroll(contactId, mail)
    const { id } = await acme.challenge(contactId, { factorId: phone })
    const resend = (factorId: string) =>
      acme.portal.post(`/v1/contacts/${contactId}/challenges/${id}/resend`, { factorId })
    service.advance(31)
    expect((await resend(phone)).status).toBe(200)
    service.advance(20)
    expect((await resend(address)).status).toBe(200)
    // The phone's second wait of 60 s has 40 left, the address' first all of its 30.
    const waits = []
    for (const factorId of [phone, address]) waits.push((await resend(factorId)).body.retryAfterSeconds)
    expect(waits[0]).toBeGreaterThan(35)
    expect(waits[0]).toBeLessThanOrEqual(40)
    expect(waits[1]).toBeGreaterThan(25)
    expect(waits[1]).toBeLessThanOrEqual(30)
  })

  it('the SMS of a day: enrollments stop at 80 %, with an event and a metric, so that logins go on to the last', async () => {
    service.advance(DAY)
    const before = await countersOf(service)
    const portal = await openPortal(service, { enabled: true }, { dailyMessagesMax: 10 })
    const contactId = fresh('login-goer')
    await portal.enroll(contactId)
    await startMany(7, () => start(portal, freshNumber()))
    expect(await start(portal, freshNumber())).toMatchObject(refusedBy('portal_day'))
    expect((await start(portal, `${fresh('to')}@example.com`)).status).toBe(201)
    const events = await portal.masterAdmin.get('/v1/events?type=limit.reached')
    expect(events.body.items.map(({ details }: { details: object }) => details)).toContainEqual(
      expect.objectContaining({ limit: 'portal_day', used: 8, max: 10 }),
    )
    await portal.challenge(contactId)
    await portal.challenge(contactId)
    const over = await portal.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: fresh('login') })
    expect(over).toMatchObject(refusedBy('portal_day'))
    const decision = await portal.decide(contactId, fresh('login'), { sendCode: true })
    expect(decision.body).toMatchObject({
      decision: 'challenge',
      challenge: null,
      sendError: { code: 'too_many_messages' },
    })
    // The alarm, and what tells how many of the messages were of use.
    const after = await countersOf(service)
    const counted = (series: string) => after(series) - before(series)
    expect(counted('mfa_limits_reached_total{limit="portal_day_share"}')).toBe(1)
    expect(counted('mfa_limits_reached_total{limit="portal_day"}')).toBe(3)
    expect(counted('mfa_sends_total{method="sms",outcome="sent"}')).toBe(10)
    expect(counted('mfa_sends_total{method="email",outcome="sent"}')).toBe(1)
    expect(counted('mfa_verdicts_total{purpose="enrollment",outcome="verified"}')).toBe(1)
    expect(counted('mfa_decisions_total{decision="challenge"}')).toBe(1)
  })

  it('every answer to an SMS says what is left of the portal’s day, until nothing is', async () => {
    service.advance(DAY)
    const portal = await openPortal(service, { enabled: true }, { dailyMessagesMax: 10 })
    const left = ({ headers }: Answer) => [headers['ratelimit-policy'], String(headers.ratelimit).split(';t=')[0]]
    const first = await start(portal, freshNumber())
    expect(left(first)).toEqual(['"portal_day";q=8;w=86400', '"portal_day";r=7'])
    const reset = Number(String(first.headers.ratelimit).split(';t=')[1])
    expect(reset).toBeGreaterThan(0)
    expect(reset).toBeLessThanOrEqual(DAY)
    const mail = await start(portal, `${fresh('to')}@example.com`)
    expect(mail.headers).not.toHaveProperty('ratelimit')
    const contactId = fresh('login-goer')
    await portal.enroll(contactId)
    const decision = await portal.decide(contactId, fresh('login'), { sendCode: true })
    expect(left(decision)).toEqual(['"portal_day";q=10;w=86400', '"portal_day";r=7'])
    await startMany(5, () => start(portal, freshNumber()))
    const refused = await start(portal, freshNumber())
    expect(refused.headers.ratelimit).toBe(`"portal_day";r=0;t=${refused.body.retryAfterSeconds}`)
  })

  it('one click under its Idempotency-Key sends one message; another body is refused', async () => {
    const [contactId, key, destination] = [fresh('clicker'), fresh('key'), `${fresh('to')}@example.com`]
    const body = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination }
    const post = (given: object) =>
      acme.portal.post(`/v1/contacts/${contactId}/enrollments`, given, { 'idempotency-key': key })
    const first = await post(body)
    expect(first.status).toBe(201)
    expect(await post(body)).toMatchObject({ status: 201, body: first.body })
    expect(await sentTo(destination)).toBe(1)
    expect(await post({ ...body, loginId: fresh('login') })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    })
  })
})
