/** The HTTP layer over stand-in use cases, and access tokens that it takes. */
import { createHmac, randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { type AppDependencies, makeApp } from '../../src/http/app.ts'
import type { UseCases } from '../../src/usecases/index.ts'
import { fakeUseCases, portalCaller } from './fake-use-cases.ts'

export const ISSUER = 'https://mfa.test'
export const NOW = new Date('2026-03-01T09:30:00.000Z')
export const ACCESS_KEY = { kid: 'k1', key: randomBytes(32) }

/** Lines that the app has logged, as one text. */
interface Log {
  text(): string
}

export async function httpApp(given: Partial<UseCases> = {}, other: Partial<AppDependencies> = {}) {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  const app = await makeApp({
    useCases: fakeUseCases({
      authenticateClient: () => null,
      authenticateCaller: () => portalCaller,
      authorizeCaller: () => {},
      ...given,
    }),
    accessTokenKeys: [ACCESS_KEY],
    issuer: ISSUER,
    trustProxy: [],
    loopDelayMaxMs: 0,
    logger: { level: 'info', stream },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    now: () => NOW,
    newRequestId: () => randomBytes(16).toString('base64url'),
    ...other,
  })
  return { app, log: { text: () => chunks.join('') } satisfies Log }
}

const nowSeconds = Math.floor(NOW.getTime() / 1000)

/** Claims of a good access token; a test bends one at a time. */
export const goodClaims = {
  iss: ISSUER,
  aud: ISSUER,
  sub: portalCaller.clientId,
  client_id: portalCaller.clientId,
  role: 'portal',
  portal_id: 'acme',
  iat: nowSeconds,
  exp: nowSeconds + 900,
  jti: 'abcdefghijklmnop',
} satisfies Record<string, unknown>

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token signed with HS256 by hand, so that it may say what no signer would. */
export function accessToken(
  claims: Record<string, unknown> = goodClaims,
  header: Record<string, unknown> = {},
  key: Buffer | string = ACCESS_KEY.key,
): string {
  const input = `${segment({ alg: 'HS256', typ: 'at+jwt', kid: ACCESS_KEY.kid, ...header })}.${segment(claims)}`
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}

export const bearer = (token: string = accessToken()) => ({ authorization: `Bearer ${token}` })
