/** What the address, the spelling and the size of a request must not change: the same limits, the same rules, the same rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, untilMorning, wrong } from '../support/portal.ts'
import { portalFingerprint } from '../support/portal-fingerprint.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
beforeAll(async () => {
  service = await openReal(2)
  service.advance(untilMorning())
  acme = await openPortal(service)
})
afterAll(() => service.close())

const addresses = (at: number): Record<string, string> => {
  const last = at % 250
  return [
    { 'x-forwarded-for': `203.0.113.${last}` },
    { 'x-forwarded-for': `::ffff:203.0.113.${last}`, 'x-real-ip': `198.51.100.${last}` },
    { 'x-forwarded-for': `2001:db8:0:${last}::1, 10.0.0.${last}` },
    { forwarded: `for="[2001:db8::${last}]"`, 'true-client-ip': `203.0.113.${last}` },
    { 'x-forwarded-for': '127.0.0.1', 'x-client-ip': '127.0.0.1', 'cf-connecting-ip': `192.0.2.${last}` },
  ][at % 5] as Record<string, string>
}

describe('a caller that comes from another address each time', () => {
  // BRUTE-9: X-Forwarded-For is rotated, or the /64 of an IPv6 host.
  it('BRUTE-9: has five guesses at a challenge and ten at a contact all the same', async () => {
    const contactId = fresh('brute-9')
    await acme.enroll(contactId)
    const met: number[] = []
    for (let round = 0; round < 3; round++) {
      const started = await acme.portal.post(
        `/v1/contacts/${contactId}/challenges`,
        { loginId: `login-${round}` },
        addresses(round),
      )
      if (started.status !== 201) break
      const code = (await service.messages())[0]?.text.match(/\d{6}/)?.[0] ?? ''
      for (let at = 0; at < 12; at++) {
        const guess = { id: started.body.id, loginId: `login-${round}` }
        met.push((await acme.verify(contactId, guess, wrong(code), addresses(at))).status)
      }
    }
    expect(met.filter(status => status === 422)).toHaveLength(9)
    expect(met[met.indexOf(423) - 1]).toBe(422)
    expect((await acme.decide(contactId)).body.reason).toBe('factor_locked')
  })

  // BRUTE-10: all clients fall into one bucket, and one of them closes it for everybody.
  it('BRUTE-10: takes nothing from anybody else who comes from the same one', async () => {
    const [greedy, modest] = [fresh('greedy'), fresh('modest')]
    const from = { 'x-forwarded-for': '::ffff:203.0.113.7' }
    const start = (contactId: string) =>
      acme.portal.post(
        `/v1/contacts/${contactId}/enrollments`,
        { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: `${fresh('to')}@example.com` },
        from,
      )
    let last = 0
    for (let at = 0; at < 12; at++) last = (await start(greedy)).status
    expect(last).toBe(429)
    expect((await start(modest)).status).toBe(201)
  })
})

describe('settings', () => {
  // CACHE-1: the instance that answers has not heard of the change.
  it('CACHE-1: changed on one instance count on the other in the next call, tightened or loosened', async () => {
    const portal = await openPortal(service, { enabled: true, optOut: { allowed: true } })
    const contactId = fresh('cached')
    await portal.portal.post(`/v1/contacts/${contactId}/skip`, { organizationId: 'org' })
    // Requests take turns, and each pair begins on the other instance.
    for (let round = 0; round < 11; round++) {
      const allowed = round % 2 === 1
      expect((await portal.settings({ optOut: { allowed } })).status).toBe(200)
      const { body } = await portal.decide(contactId)
      expect(body).toMatchObject(
        allowed ? { decision: 'allow', reason: 'skipped' } : { decision: 'enroll', reason: 'opt_out_withdrawn' },
      )
      if (round % 3 === 0) await portal.decide(contactId)
    }
    await portal.settings({ methods: ['email'] })
    const sms = { organizationId: 'org', loginId: fresh('login'), method: 'sms', destination: '+12015550199' }
    expect(await portal.portal.post(`/v1/contacts/${contactId}/enrollments`, sms)).toMatchObject({
      status: 409,
      body: { code: 'method_not_allowed' },
    })
  })

  // POL-1, POL-2, DOWN-1: the weaker method stays possible for those who ask for it.
  it('POL-1, DOWN-1: without a method refuse it to factors, codes and enrollments alike, whoever asks', async () => {
    const portal = await openPortal(service)
    const contactId = fresh('downgrade')
    const { factorId } = await portal.enroll(contactId)
    const challenge = await portal.challenge(contactId)
    await portal.settings({ methods: ['email'] })
    expect(await portal.verify(contactId, challenge, challenge.code)).toMatchObject({
      status: 409,
      body: { code: 'method_not_allowed' },
    })
    const start = { loginId: fresh('login'), factorId }
    expect((await portal.portal.post(`/v1/contacts/${contactId}/challenges`, start)).status).toBe(409)
    expect((await portal.decide(contactId)).body).toMatchObject({ decision: 'enroll', methods: ['email'] })
  })
})

describe('a factor', () => {
  // ENR-2: an account that nobody used is enrolled anew by whoever has found the password.
  it('ENR-2: asks for its code however long it was not used, and a reset alone lets another be enrolled', async () => {
    const contactId = fresh('dormant')
    await acme.enroll(contactId)
    service.advance(5 * 365 * 86_400)
    expect((await acme.decide(contactId)).body.decision).toBe('challenge')
    const start = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'new@example.com' }
    expect(await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)).toMatchObject({
      status: 403,
      body: { code: 'step_up_required' },
    })
    expect((await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})).status).toBe(200)
    expect((await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)).status).toBe(201)
  })

  // RESET-3: who resets chooses the number as well, or reads the code.
  it('RESET-3: is chosen by nobody who resets: an admin names no destination, and is shown no code', async () => {
    const contactId = fresh('reset-3')
    await acme.enroll(contactId)
    const { code } = await acme.challenge(contactId)
    const admin = await acme.organizationAdmin('org')
    for (const more of [{ destination: '+12015550123' }, { method: 'sms' }, { code: '123456' }, { factorId: 'x' }])
      expect((await admin.post(`/v1/contacts/${contactId}/reset`, more)).status).toBe(400)
    for (const path of ['enrollments', 'challenges', 'skip', 'enable', 'logins'])
      expect((await admin.post(`/v1/contacts/${contactId}/${path}`, {})).status).toBe(403)
    const seen = [
      await admin.get(`/v1/contacts/${contactId}`),
      await admin.get('/v1/contacts'),
      await admin.post(`/v1/contacts/${contactId}/reset`, {}),
    ]
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(JSON.stringify(seen.map(({ body }) => body))).not.toContain(code)
  })
})

describe('text of an attacker', () => {
  const corpus = [
    "' OR '1'='1",
    "'; DROP TABLE contacts; --",
    "' UNION SELECT secret_hash FROM api_clients --",
    "') OR pg_sleep(10)--",
    '1; SELECT pg_sleep(10)',
    '$1',
    ':portalId',
    '%',
    '_',
    'a\\',
    'a\u0000b',
    '"; x',
    '/**/',
    'a/../b',
    '{{7*7}}',
    '#{7*7}',
    '\u2019 OR 1=1',
    'x) OR (1=1',
  ]

  // SQLI-1: sqlmap's favourites in every place where text goes.
  it('SQLI-1: in ids, filters, cursors, reasons and names finds no row that plain text would not, and changes none', async () => {
    const contactId = fresh('sqli')
    await acme.enroll(contactId)
    // Years have passed in the tests before; what the jobs forget of them is to be forgotten by now.
    await Promise.all(service.instances.map(instance => instance.runJobs()))
    const before = await portalFingerprint(service, acme.portalId)
    for (const text of corpus) {
      const encoded = encodeURIComponent(text)
      const answers = [
        await acme.portal.get(`/v1/contacts/${encoded}`),
        await acme.portal.get(`/v1/contacts?organizationId=${encoded}`),
        await acme.portal.get(`/v1/contacts?status=${encoded}`),
        await acme.portal.get(`/v1/contacts?limit=${encoded}`),
        await acme.portal.get(`/v1/contacts?cursor=${Buffer.from(text).toString('base64url')}`),
        await acme.portal.get(`/v1/contacts?cursor=${Buffer.from(JSON.stringify(text)).toString('base64url')}`),
        await acme.masterAdmin.get(`/v1/events?type=${encoded}`),
        await acme.masterAdmin.get(`/v1/events?from=${encoded}`),
        await acme.masterAdmin.get(`/v1/events?contactId=${encoded}`),
        await acme.masterAdmin.get(
          `/v1/events?cursor=${Buffer.from(JSON.stringify([text, text])).toString('base64url')}`,
        ),
        await acme.portal.post(`/v1/contacts/${contactId}/logins`, { organizationId: text, loginId: 'l' }),
        await acme.portal.post(`/v1/contacts/${contactId}/logins`, { organizationId: 'org', loginId: text }),
        await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: 'l', factorId: text }),
        await acme.settings({ displayName: text }),
        await acme.settings({ locale: text }),
        await acme.settings({ autofillDomain: text }),
      ]
      for (const [at, { status, body }] of answers.entries()) {
        const empty = status === 200 && body.items?.length === 0
        expect(empty || (status >= 400 && status < 500), `${text} at ${at}: ${status}`).toBe(true)
      }
      expect(await portalFingerprint(service, acme.portalId), text).toEqual(before)
    }
  })

  it('SQLI-1: where text is free, it is stored as it is and does nothing', async () => {
    const contactId = fresh('reasons')
    await acme.enroll(contactId)
    const free = corpus.filter(text => !text.includes('\u0000'))
    for (const reason of free)
      expect((await acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, { reason })).status).toBe(200)
    const { body } = await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=contact.reset&limit=200`)
    const kept = body.items.map(({ details }: { details: { reason: string } }) => details.reason)
    expect(kept.toSorted()).toEqual(free.toSorted())
  })

  // INJ-1: a portal's name that opens another header, or turns around what follows it.
  it('INJ-1: is refused in a name that goes into messages, when it is set', async () => {
    const before = await acme.masterAdmin.get('/v1/settings')
    for (const code of [
      '\r',
      '\n',
      '\r\n',
      '\u0000',
      '\u0085',
      '\u2028',
      '\u2029',
      '\u202e',
      '\u2066',
      '\u200f',
      '\u200b',
    ]) {
      const displayName = `Acme${code}Bcc`
      const made = { portalId: fresh('portal'), displayName }
      for (const answer of [await acme.settings({ displayName }), await acme.operator.post('/v1/portals', made)])
        expect(answer, JSON.stringify(code)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    }
    expect((await acme.masterAdmin.get('/v1/settings')).body).toEqual(before.body)
  })

  // INJ-3: a line break in an input begins a line of the log that the service never wrote.
  it('INJ-3: never begins a line of the log: each is one JSON document of ours', async () => {
    const forged = '\r\n{"level":30,"msg":"forged-by-the-caller"}'
    const encoded = encodeURIComponent(forged)
    await acme.portal.get(`/v1/contacts/${encoded}`)
    await acme.portal.get(`/v1/contacts?organizationId=${encoded}`)
    await acme.masterAdmin.post(`/v1/contacts/nobody/reset`, { reason: forged })
    await acme.portal.post('/v1/contacts/c/logins', { organizationId: forged, loginId: forged }, { 'user-agent': 'x' })
    await service.request('POST', '/oauth/token', {
      body: new URLSearchParams({ grant_type: forged, client_id: forged, client_secret: forged }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const lines = service.log().trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(20)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) })
    expect(service.log()).not.toContain('forged-by-the-caller')
  })
})
