/** The end of the process: nothing that was acknowledged is lost, nothing happens twice, and it ends in time. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openSurroundings, reach, readiness, type Surroundings, startProcess } from '../support/process.ts'

const SETTINGS = { enabled: true, sms: { allowedCountries: ['US'] } }

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

  it('turns readiness off first, and goes on answering meanwhile', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '3' })
    const acme = await openPortal(reach(service, around), SETTINGS)
    service.child.kill('SIGTERM')
    await expect.poll(() => readiness(service.url)).toBe(503)
    expect((await acme.decide(fresh('late'))).status).toBe(200)
    expect(await service.ended()).toBe(0)
  })

  it('waits for nobody who is slow on purpose', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '0' })
    const { port } = new URL(service.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n')
    await expect.poll(() => readiness(service.url)).toBe(200)
    service.child.kill('SIGTERM')
    expect([0, 1]).toContain(await service.ended())
    socket.destroy()
  })

  it('a second time ends the process at once, with 1', async () => {
    const service = await startProcess(around, { SHUTDOWN_DELAY_SECONDS: '60' })
    service.child.kill('SIGTERM')
    await expect.poll(() => readiness(service.url)).toBe(503)
    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(1)
  })
})

describe('a fault that nobody caught', () => {
  // LOG-1: what crashes a process prints its error, and errors of libraries carry parameters in their text.
  it.each([
    ['a rejection', 'Promise.reject(new Error(text))'],
    ['an exception', 'throw new Error(text)'],
    ['an exception that is no error', 'throw text'],
  ])('%s ends the process with 1, and its output holds no text of it', async (_, fault) => {
    const module = `process.on('SIGUSR2', () => { const text = process.env.MFA_OPERATOR_SECRET; ${fault} })`
    const service = await startProcess(around, { LOG_LEVEL: 'trace' }, [`data:text/javascript,${module}`])
    service.child.kill('SIGUSR2')
    expect(await service.ended()).toBe(1)
    expect(service.output()).toContain('nobody caught this')
    for (const secret of [around.env.MFA_MASTER_KEYS, around.env.MFA_OPERATOR_SECRET, around.env.DATABASE_URL])
      expect(service.output()).not.toContain(secret)
  })
})
