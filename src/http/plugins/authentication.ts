/** Who calls, from the access token; and whether that role may. Refuses before the body is read. */
import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller, Operation } from '../../domain/caller.ts'
import { MfaError } from '../../domain/errors.ts'
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS } from '../../domain/limits.ts'
import { ACCESS_TYPE, soundDates } from '../../domain/tokens.ts'
import type { Call } from '../../usecases/call.ts'
import type { UseCases } from '../../usecases/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null outside protected routes. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Of a protected route: what it is called in the access-control list. */
    operation?: Operation
  }
}

export interface AccessTokenKey {
  kid: string
  key: Buffer
}

export interface AuthenticationOptions {
  useCases: UseCases
  /** HS256 keys, found by the token's `kid`. */
  accessTokenKeys: AccessTokenKey[]
  /** Both issuer and audience of access tokens. */
  issuer: string
  now: () => Date
}

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'client_id']

/** Protects every route registered in this scope after it. */
export async function authentication(app: FastifyInstance, options: AuthenticationOptions): Promise<void> {
  const { useCases, accessTokenKeys, issuer, now } = options
  const keys = new Map(accessTokenKeys.map(({ kid, key }) => [kid, key]))

  await app.register(fastifyJwt, {
    secret: async (_request: FastifyRequest, token: unknown) => keyOf(keys, token),
    decoratorName: 'accessToken',
    decode: { complete: true },
    verify: {
      complete: true,
      algorithms: ['HS256'],
      allowedIss: issuer,
      allowedAud: issuer,
      requiredClaims: REQUIRED_CLAIMS,
      checkTyp: ACCESS_TYPE,
      clockTolerance: CLOCK_TOLERANCE_SECONDS * 1000,
    },
  })

  app.addHook('onRequest', async request => {
    // What names a client as its issuer is verified with that client's keys, all else with ours (JWT-1).
    const caller =
      useCases.authenticateClient(bearerToken(app, request)) ??
      useCases.authenticateCaller(await verifiedClaims(request, now()))
    request.caller = caller
    const { operation } = request.routeOptions.config
    if (!operation) throw new MfaError('forbidden')
    useCases.authorizeCaller(caller, operation)
  })
}

/** One request of a protected route, for a use case. */
export function callOf(request: FastifyRequest): Call {
  if (!request.caller) throw new MfaError('unauthenticated')
  return { caller: request.caller, requestId: request.id }
}

interface CompleteToken {
  header: Record<string, unknown>
  payload: Record<string, unknown>
}

function keyOf(keys: Map<string, Buffer>, token: unknown): Buffer {
  const { kid } = (token as CompleteToken).header
  const key = typeof kid === 'string' ? keys.get(kid) : undefined
  if (!key) throw new MfaError('unauthenticated')
  return key
}

function bearerToken(app: FastifyInstance, request: FastifyRequest): string {
  try {
    return app.jwt.lookupToken(request)
  } catch (cause) {
    throw new MfaError('unauthenticated', {}, { cause })
  }
}

/** The claims of an access token of ours. */
async function verifiedClaims(request: FastifyRequest, now: Date): Promise<unknown> {
  let token: CompleteToken
  try {
    token = await request.jwtVerify<CompleteToken>({ clockTimestamp: now.getTime() })
  } catch (cause) {
    throw new MfaError('unauthenticated', {}, { cause })
  }
  const { header, payload } = token
  // JWT-4: fast-jwt skips a `crit` that is falsy. Our signer writes no `nbf`.
  const odd = 'crit' in header || 'nbf' in payload
  if (odd || !soundDates(payload, ACCESS_TOKEN_SECONDS, now)) throw new MfaError('unauthenticated')
  return payload
}
