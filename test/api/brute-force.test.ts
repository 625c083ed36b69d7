/** How often a code may be guessed, over resends, restarts, lost stores and a year. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openEmbedded, openReal, type TestService } from '../support/service.ts'

const HOUR = 3600
const DAY = 86_400

describe.each([
  ['PGlite and memory', openEmbedded],
  ['PostgreSQL and Redis', () => openReal(1)],
])('guessing, on %s', (_, open) => {
  let service: TestService
  let acme: TestPortal

  beforeAll(async () => {
    service = await open()
    acme = await openPortal(service)
  })
  afterAll(() => service.close())

  const guess = async (contactId: string, times: number) => {
    const challenge = await acme.challenge(contactId)
    const answers = []
    for (let at = 0; at < times; at++) answers.push(await acme.verify(contactId, challenge, wrong(challenge.code)))
    return { challenge, answers }
  }

  const told = async (contactId: string, type: string): Promise<number> =>
    (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=${type}&limit=200`)).body.items.length

  it('BRUTE-1: compares 5 of a thousand guesses at one challenge, whatever is sent again', async () => {
    const contactId = fresh('brute-1')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const met: number[] = []
    for (let sent = 1; sent <= 5; sent++) {
      // The first two sendings leave attempts, so that there is a resend to come.
      for (let at = 0; at < (sent < 3 ? 2 : 332); at++)
        met.push((await acme.verify(contactId, challenge, wrong(challenge.code))).status)
      service.advance(250)
      await acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/resend`, {})
    }
    expect(met).toEqual([...Array(5).fill(422), ...Array(995).fill(410)])
    expect(await told(contactId, 'challenge.failed')).toBe(5)
  })

  it('lets nobody clear the count of another by a success of their own (BRUTE-5)', async () => {
    const [victim, attacker] = [fresh('victim'), fresh('attacker')]
    await acme.enroll(victim)
    await acme.enroll(attacker)
    let last = 0
    for (let round = 0; round < 5; round++) {
      last = (await guess(victim, 2)).answers.at(-1)?.status ?? 0
      const own = await acme.challenge(attacker)
      expect((await acme.verify(attacker, own, own.code)).status).toBe(200)
      service.advance(600)
    }
    expect(last).toBe(423)
    expect(await told(victim, 'challenge.failed')).toBe(10)
  })

  // BRUTE-3: a resend that hands out five attempts more.
  it('keeps the attempts of a challenge through resends', async () => {
    const contactId = fresh('brute-3')
    const { destination } = await acme.enroll(contactId)
    const { challenge, answers } = await guess(contactId, 4)
    expect(answers.map(({ body }) => body.attemptsLeft)).toEqual([4, 3, 2, 1])
    service.advance(31)
    const resent = await acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/resend`, {})
    expect(resent).toMatchObject({ status: 200, body: { attemptsLeft: 1, sendsLeft: 3 } })
    const code = await acme.codeAt(destination)
    expect(await acme.verify(contactId, challenge, wrong(code))).toMatchObject({
      status: 422,
      body: { attemptsLeft: 0 },
    })
    for (const late of [code, wrong(code)])
      expect(await acme.verify(contactId, challenge, late)).toMatchObject({
        status: 410,
        body: { code: 'attempts_exhausted' },
      })
  })

  // BRUTE-2: a new challenge that begins the count anew.
  // RACE-7: on every store that counts.
  it('locks at the tenth wrong code in a row, for right and wrong alike, uncounted and not extended', async () => {
    const contactId = fresh('brute-2')
    await acme.enroll(contactId)
    await guess(contactId, 5)
    const spare = await acme.challenge(contactId)
    const { answers } = await guess(contactId, 5)
    expect(answers.at(-2)?.status).toBe(422)
    expect(answers.at(-1)).toMatchObject({ status: 423, body: { code: 'factor_locked', retryAfterSeconds: 1800 } })
    service.advance(60)
    for (const code of [spare.code, wrong(spare.code)])
      expect(await acme.verify(contactId, spare, code)).toMatchObject({ status: 423, body: { code: 'factor_locked' } })
    const { body } = await acme.decide(contactId)
    expect(body).toMatchObject({ decision: 'deny', reason: 'factor_locked' })
    expect(body.retryAfterSeconds).toBeLessThanOrEqual(1740)
    const before = (await service.messages()).length
    const start = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: fresh('login') })
    expect(start.status).toBe(423)
    const resend = await acme.portal.post(`/v1/contacts/${contactId}/challenges/${spare.id}/resend`, {})
    expect([410, 423]).toContain(resend.status)
    expect((await acme.decide(contactId, fresh('login'), { sendCode: true })).body.decision).toBe('deny')
    const enroll = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'y@example.com' }
    expect((await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, enroll)).status).toBe(423)
    expect((await service.messages()).length).toBe(before)
    expect(await told(contactId, 'challenge.failed')).toBe(10)
    expect(await told(contactId, 'contact.locked')).toBe(1)
    // Not a second longer than the tenth failure said.
    service.advance(1741)
    const after = await acme.challenge(contactId)
    expect((await acme.verify(contactId, after, after.code)).status).toBe(200)
  })

  it('lets a success clear the count, so that ten typing errors in a year lock nobody', async () => {
    const contactId = fresh('typo')
    await acme.enroll(contactId)
    for (let login = 0; login < 4; login++) {
      const { challenge } = await guess(contactId, 4)
      expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
      service.advance(DAY)
    }
  })

  // Over a simulated year: whoever has the password goes on guessing, as fast as locks allow or hardly noticed.
  it.each([
    ['every half hour, with resends', HOUR / 2 + 60, 40],
    ['every week', 7 * DAY, 52],
  ])(
    'gives at most 10 verdicts to a lock and 50 in a row to guesses of %s, then only a reset helps',
    async (_, pause, rounds) => {
      const contactId = fresh('year')
      await acme.enroll(contactId)
      service.advance(HOUR)
      let verdicts = 0
      for (let round = 0; round < rounds; round++) {
        const loginId = fresh('login')
        const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId })
        const path = `/v1/contacts/${contactId}/challenges/${started.body.id}`
        for (let at = 0; started.status === 201 && at < 7; at++) {
          if (at === 3) service.advance(31)
          if (at === 3) await acme.portal.post(`${path}/resend`, {})
          const { status, body } = await acme.portal.post(`${path}/verify`, { code: '0000000', loginId })
          if (status === 422) verdicts++
          if (status === 423 && (await told(contactId, 'challenge.failed')) > verdicts) verdicts++
          if (body.code === 'factor_locked') expect(verdicts % 10).toBe(0)
        }
        service.advance(pause)
      }
      service.advance(365 * DAY)
      expect(verdicts).toBe(50)
      expect(await told(contactId, 'challenge.failed')).toBe(50)
      expect(await told(contactId, 'contact.locked')).toBeGreaterThanOrEqual(4)
      expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'deny', reason: 'reset_required' })
      const again = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: fresh('login') })
      expect(again).toMatchObject({ status: 423, body: { code: 'reset_required' } })
      // The hard cap never opens enrollment.
      const start = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'x@example.com' }
      expect((await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)).status).toBe(423)
      expect((await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})).status).toBe(200)
      expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'reset' })
    },
  )

  it('disables a factor at 100 wrong codes in 30 days, successes or not', async () => {
    const contactId = fresh('trickle')
    await acme.enroll(contactId)
    let last = 0
    for (let login = 0; login < 26 && last !== 423; login++) {
      const { challenge, answers } = await guess(contactId, 4)
      last = answers.at(-1)?.status ?? 0
      if (last !== 423) expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
      service.advance(DAY)
    }
    expect(last).toBe(423)
    const failed = await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=challenge.failed&limit=200`)
    expect(failed.body.items).toHaveLength(100)
    expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'deny', reason: 'reset_required' })
  })

  // Enrollment is no way around the lock.
  it('counts wrong codes of enrollments on the contact as well', async () => {
    const contactId = fresh('enroller')
    let last = 0
    for (let round = 0; round < 2; round++) {
      const [loginId, destination] = [fresh('login'), `${fresh('enr')}@example.com`]
      const start = { organizationId: 'org', loginId, method: 'email', destination }
      const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
      const code = wrong(await acme.codeAt(destination))
      const confirm = `/v1/contacts/${contactId}/enrollments/${body.id}/confirm`
      for (let at = 0; at < 5; at++) last = (await acme.portal.post(confirm, { code, loginId })).status
    }
    expect(last).toBe(423)
    expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'deny', reason: 'factor_locked' })
  })

  // BRUTE-6: many codes in one request.
  it('takes one code, a string of digits, and charges nothing for anything else', async () => {
    const contactId = fresh('brute-6')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const odd = [
      [challenge.code],
      { 0: challenge.code },
      Number(challenge.code),
      true,
      null,
      ` ${challenge.code}`,
      `${challenge.code}\n`,
    ]
    for (const code of odd)
      expect((await acme.verify(contactId, challenge, code as string)).status, JSON.stringify(code)).toBe(400)
    const twice = `{"code":"${wrong(challenge.code)}","code":"${challenge.code}","loginId":"${challenge.loginId}"}`
    const path = `/v1/contacts/${contactId}/challenges/${challenge.id}/verify`
    expect((await acme.portal.post(path, twice, { 'content-type': 'application/json' })).status).toBe(400)
    const read = await acme.portal.get(`/v1/contacts/${contactId}/challenges/${challenge.id}`)
    expect(read.body).toMatchObject({ status: 'pending', attemptsLeft: 5 })
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
  })

  // RACE-6: the same guess, repeated under its Idempotency-Key, is one attempt and one answer.
  it('answers a repeated guess alike and charges it once', async () => {
    const contactId = fresh('repeat')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const headers = { 'idempotency-key': fresh('click') }
    const first = await acme.verify(contactId, challenge, wrong(challenge.code), headers)
    const again = await acme.verify(contactId, challenge, wrong(challenge.code), headers)
    expect(again).toMatchObject({ status: 422, body: first.body })
    expect((await acme.verify(contactId, challenge, challenge.code, headers)).status).toBe(422)
    const right = { 'idempotency-key': fresh('click') }
    const proof = await acme.verify(contactId, challenge, challenge.code, right)
    expect(proof.status).toBe(200)
    expect((await acme.verify(contactId, challenge, challenge.code, right)).body).toEqual(proof.body)
    const failed = await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=challenge.failed`)
    expect(failed.body.items).toHaveLength(1)
  })
})

describe('Redis loses its data between guesses', () => {
  let service: TestService
  beforeAll(async () => {
    service = await openReal(2)
  })
  afterAll(() => service.close())

  it('and the counts that matter stand in Postgres: ten verdicts to the lock, no second success', async () => {
    const acme = await openPortal(service)
    const contactId = fresh('flush')
    await acme.enroll(contactId)
    let verdicts = 0
    for (let round = 0; round < 20; round++) {
      const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: `login-${round}` })
      if (started.status !== 201) break
      const code = (await service.messages())[0]?.text.match(/\d{6}/)?.[0] ?? ''
      const path = `/v1/contacts/${contactId}/challenges/${started.body.id}/verify`
      const answer = await acme.portal.post(path, { code: wrong(code), loginId: `login-${round}` })
      if (answer.status === 422 || answer.status === 423) verdicts++
      await service.redis?.flush()
      expect((await acme.portal.post(path, { code, loginId: `login-${round}` })).status).toBe(404)
    }
    expect(verdicts).toBe(10)
    expect((await acme.decide(contactId)).body.reason).toBe('factor_locked')
  })

  it('and a code that was used is not good again (I1)', async () => {
    const acme = await openPortal(service)
    const contactId = fresh('flush')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    await service.redis?.flush()
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(404)
  })
})

// RACE-6: a count that is rolled back, or forgotten, when the request fails after the comparison.
describe('the charge cannot be written after the comparison', () => {
  let service: TestService
  let database: pg.Client
  beforeAll(async () => {
    service = await openReal(2)
    database = new pg.Client({ connectionString: service.databaseUrl })
    await database.connect()
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$`,
    )
  })
  afterAll(async () => {
    await database.end()
    await service.close()
  })

  it('and right and wrong look the same, attempts stay spent, and a repeat under its key spends one', async () => {
    const acme = await openPortal(service)
    const contactId = fresh('race-6')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const headers = { 'idempotency-key': fresh('click') }
    await database.query(
      'CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON settlements FOR EACH ROW EXECUTE FUNCTION refuse()',
    )
    const read = () => acme.portal.get(`/v1/contacts/${contactId}/challenges/${challenge.id}`)
    for (const code of [challenge.code, wrong(challenge.code)])
      expect(await acme.verify(contactId, challenge, code)).toMatchObject({
        status: 503,
        body: { code: 'unavailable' },
      })
    expect((await read()).body.attemptsLeft).toBe(3)
    for (let repeat = 0; repeat < 3; repeat++)
      expect((await acme.verify(contactId, challenge, wrong(challenge.code), headers)).status).toBe(503)
    expect((await read()).body.attemptsLeft).toBe(2)
    await database.query('DROP TRIGGER refuse ON settlements')
    expect(await acme.verify(contactId, challenge, wrong(challenge.code), headers)).toMatchObject({
      status: 422,
      body: { attemptsLeft: 2 },
    })
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    const { body } = await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=challenge.failed`)
    expect(body.items).toHaveLength(1)
  })
})
