/** The end of the process: nothing that was acknowledged is lost, nothing happens twice, and it ends in time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, tokenOf, wrong } from '../support/portal.ts'
import {
  openSurroundings,
  reach,
  readiness,
  type ServiceProcess,
  type Surroundings,
  startProcess,
} from '../support/process.ts'
import { openFakeSes } from '../support/ses.ts'

const SETTINGS = { enabled: true, sms: { allowedCountries: ['US'] } }
/** What the phases may take, as promised; and what a busy machine may need. */
const [DRAIN_MS, CLOSE_MS, MARGIN_MS] = [12_000, 5000, 5000]

let around: Surroundings
beforeAll(async () => {
  around = await openSurroundings()
})
afterAll(() => around?.close())

const countEvents = async (type: string): Promise<number> => {
  const [row] = await around.database.sql<{ count: number }>(
    'SELECT count(*)::integer AS count FROM events WHERE type = $1',
    [type],
  )
  return row?.count ?? 0
}

/** Guesses without a pause until the service is gone, half of them right; what it acknowledged, by status. */
async function guessUntilItEnds(acme: TestPortal, contactId: string): Promise<Record<number, number>> {
  const acknowledged: Record<number, number> = {}
  const { destination } = await acme.enroll(contactId)
  try {
    for (;;) {
      const loginId = fresh('login')
      const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId })
      if (started.status !== 201) return acknowledged
      const code = await acme.codeAt(destination)
      for (const guess of [wrong(code), code]) {
        const { status } = await acme.verify(contactId, { id: started.body.id, loginId }, guess)
        acknowledged[status] = (acknowledged[status] ?? 0) + 1
      }
    }
  } catch {
    // A connection that was refused or cut: nothing was acknowledged.
    return acknowledged
  }
}

describe('SIGTERM', () => {
  it('under load loses nothing that was acknowledged, and ends with 0', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '1' })
    const acme = await openPortal(reach(service, around), SETTINGS)
    const running = Promise.all(Array.from({ length: 8 }, () => guessUntilItEnds(acme, fresh('loaded'))))
    await expect.poll(() => countEvents('challenge.verified'), { timeout: 20_000 }).toBeGreaterThan(8)
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
    const all = await running
    const sum = (status: number) => all.reduce((total, counts) => total + (counts[status] ?? 0), 0)
    for (const counts of all) expect(Object.keys(counts).filter(status => !/^(200|422|503)$/.test(status))).toEqual([])
    expect(sum(200)).toBeGreaterThan(8)
    expect(await countEvents('challenge.verified')).toBe(sum(200))
    expect(await countEvents('challenge.failed')).toBe(sum(422))
    const phases = [...service.output().matchAll(/"phase":"(\w+)"/g)].map(([, phase]) => phase)
    expect(phases).toEqual(['unready', 'drain', 'close'])
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s turns readiness off first, and goes on answering meanwhile',
    async signal => {
      const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '3' })
      const acme = await openPortal(reach(service, around), SETTINGS)
      service.child.kill(signal)
      await expect.poll(() => readiness(service.url), { timeout: 3000 }).toBe(503)
      expect((await acme.decide(fresh('late'))).status).toBe(200)
      expect(await service.ended()).toBe(0)
    },
  )

  it('waits for nobody who is slow on purpose longer than the drain may take, and ends with 1', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '0' })
    const { port } = new URL(service.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n')
    await expect.poll(() => readiness(service.url), { timeout: 20_000 }).toBe(200)
    const signalled = performance.now()
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(1)
    expect(performance.now() - signalled).toBeLessThan(DRAIN_MS + CLOSE_MS + MARGIN_MS)
    // Lines that are written right before the end may change places: pino writes them in the background.
    const lines = service.output().split('\n')
    expect(lines.filter(line => line.includes('did not end in time'))).toEqual([expect.stringContaining('"drain"')])
    expect(lines.filter(line => line.includes('"msg":"shutdown"')).at(-1)).toContain('"close"')
    socket.destroy()
  })

  it('a second time ends the process at once, with 1', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '60' })
    service.child.kill('SIGTERM')
    await expect.poll(() => readiness(service.url), { timeout: 20_000 }).toBe(503)
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(1)
  })
})

const SECRETS = ['MFA_MASTER_KEYS', 'MFA_OPERATOR_SECRET', 'DATABASE_URL']

/** Number, address, codes right and wrong, assertion and token of contacts who enroll and are guessed at. */
async function guessedAt(service: ServiceProcess, ses: Awaited<ReturnType<typeof openFakeSes>>): Promise<string[]> {
  const reached = reach(service, around)
  // Six digits may be part of an instant.
  const acme = await openPortal(reached, { ...SETTINGS, code: { length: 10 } })
  const [contactId, address] = [fresh('crash'), 'crash.person@example.com']
  const { destination, assertion } = await acme.enroll(contactId)
  const challenge = await acme.challenge(contactId)
  expect((await acme.verify(contactId, challenge, wrong(challenge.code))).status).toBe(422)
  const enrollment = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: address }
  expect((await acme.portal.post(`/v1/contacts/${fresh('crash')}/enrollments`, enrollment)).status).toBe(201)
  const emailed = /\b\d{10}\b/.exec(ses.requests[0]?.['Message.Body.Text.Data'] ?? '')?.[0] ?? ''
  const codes = [challenge.code, wrong(challenge.code), emailed]
  return [destination, destination.slice(1), address, ...codes, assertion, await tokenOf(reached, acme.client)]
}

describe('a fault that nobody caught', () => {
  // LOG-1: what crashes a process prints its error, and errors of libraries carry parameters in their text.
  it.each([
    ['a rejection', 'Promise.reject(new Error(text))'],
    ['an exception', 'throw new Error(text)'],
    ['an exception that is no error', 'throw text'],
  ])('%s ends the process with 1, and its output holds nothing that it was told', async (_, fault) => {
    const [ses, file] = [await openFakeSes(), join(mkdtempSync(join(tmpdir(), 'portal-mfa-fault-')), 'text')]
    const module = `import { readFileSync } from 'node:fs'
      process.on('SIGUSR2', () => { const text = readFileSync(process.env.FAULT_TEXT, 'utf8'); ${fault} })`
    const env = { LOG_LEVEL: 'trace', FAULT_TEXT: file, AWS_ENDPOINT_URL_SES: ses.url }
    const service = await startProcess(around, env, [`data:text/javascript,${encodeURIComponent(module)}`])
    const told = [...(await guessedAt(service, ses)), ...SECRETS.map(name => around.env[name] ?? '')]
    writeFileSync(file, told.join(' '))
    service.child.kill('SIGUSR2')
    expect(await service.ended()).toBe(1)
    expect(service.output()).toContain('nobody caught this')
    expect(told.filter(secret => secret === '' || service.output().includes(secret))).toEqual([])
    rmSync(dirname(file), { recursive: true })
    await ses.close()
  })
})
