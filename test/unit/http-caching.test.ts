/** PII-1: an answer that lies in somebody's cache is read by the next who asks. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MfaError } from '../../src/domain/errors.ts'
import { bearer, httpApp } from '../support/http-app.ts'

let http: Awaited<ReturnType<typeof httpApp>>
let refused = false
beforeAll(async () => {
  http = await httpApp({
    authorizeCaller: () => {
      if (refused) throw new MfaError('forbidden')
    },
  })
})
afterAll(() => http.app.close())

it('PII-1: no answer of the contract may be stored, but the keys that are for everybody', async () => {
  const { paths } = http.app.swagger() as { paths: Record<string, Record<string, unknown>> }
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => ({ method: method.toUpperCase() as 'GET', url: path.replace(/\{\w+\}/g, 'x') })),
  )
  expect(calls.length).toBeGreaterThan(25)
  const storable: string[] = []
  for (const headers of [{}, bearer()])
    for (const forbidden of [false, true])
      for (const { method, url } of [...calls, { method: 'GET' as const, url: '/v1/nothing' }]) {
        refused = forbidden
        const answer = await http.app.inject({ method, url, headers })
        if (answer.headers['cache-control'] !== 'no-store') storable.push(url)
        expect(answer.headers.etag, url).toBeUndefined()
      }
  expect([...new Set(storable)].filter(url => url !== '/.well-known/jwks.json')).toEqual([])
})
