/** An attacker who keeps the service busy must not keep those out who have the code in hand. */
import { expect, it } from 'vitest'
import { MfaError } from '../../src/domain/errors.ts'
import { isShed } from '../../src/http/plugins/load-shedding.ts'
import type { OperationId } from '../../src/http/schemas/declared-errors.ts'
import { bearer, httpApp } from '../support/http-app.ts'

it.each<[OperationId, number]>([
  ['listContacts', 1],
  ['changeSettings', 1],
  ['startChallenge', 2],
  ['startEnrollment', 2],
  ['decideLogin', 3],
  ['issueToken', 3],
  ['verifyChallenge', 4],
  ['confirmEnrollment', 4],
])('refuses %s beyond %d times the limit, and not before', (operation, times) => {
  expect(isShed(operation, 250 * times, 250)).toBe(false)
  expect(isShed(operation, 250 * times + 1, 250)).toBe(true)
})

type App = Awaited<ReturnType<typeof httpApp>>['app']

/** Keeps the event loop busy in pieces that are too long, until the service has noticed that it is late, and not by four times. */
async function untilLate(app: App, delayMs: number): Promise<void> {
  const noticed = () => app.memoryUsage().eventLoopDelay
  while (noticed() <= delayMs || noticed() > 4 * delayMs) {
    const end = performance.now() + 2 * delayMs
    while (performance.now() < end);
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

it('refuses with 503 and Retry-After while verify, probes and metrics are answered, and takes everything again afterwards', async () => {
  const given = {
    readiness: async () => ({ ready: true, checks: {} }),
    verifyChallenge: () => Promise.reject(new MfaError('code_incorrect', { attemptsLeft: 4 })),
  }
  const { app } = await httpApp(given, { loopDelayMaxMs: 100 })
  const get = (url: string) => app.inject({ url, headers: bearer() })
  const verify = () =>
    app.inject({
      method: 'POST',
      url: '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify',
      headers: bearer(),
      payload: { code: '042917', loginId: 'l' },
    })
  await untilLate(app, 100)
  const [refused, guess] = await Promise.all([get('/v1/methods'), verify()])
  expect([refused.statusCode, guess.statusCode]).toEqual([503, 422])
  expect(refused.json()).toMatchObject({ code: 'unavailable' })
  expect(refused.headers['retry-after']).toBe('2')
  for (const url of ['/health/live', '/health/ready', '/metrics', '/docs/errors'])
    expect([url, (await get(url)).statusCode]).toEqual([url, 200])
  await expect.poll(() => app.memoryUsage().eventLoopDelay, { timeout: 30_000 }).toBeLessThan(100)
  // The stand-in use cases throw at it, which is 503 as well, but it is reached again.
  expect((await get('/v1/nowhere')).statusCode).toBe(404)
  await app.close()
})
