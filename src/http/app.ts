/** The service over HTTP: plugins in order, then routes. Translation only. */
import { serializerCompiler } from '@fastify/type-provider-zod'
import { type FastifyInstance, type FastifyServerOptions, fastify, LogController } from 'fastify'
import type { UseCases } from '../usecases/index.ts'
import { type AccessTokenKey, authentication } from './plugins/authentication.ts'
import { makeAnswerOnce } from './plugins/idempotency.ts'
import { openapi } from './plugins/openapi.ts'
import { makeErrorHandler, problemDetails } from './plugins/problem-details.ts'
import { errorForLog, requestLog } from './plugins/request-log.ts'
import { responseHeaders } from './plugins/response-headers.ts'
import { strictInput } from './plugins/strict-input.ts'
import { challengeRoutes } from './routes/challenges.ts'
import { clientRoutes } from './routes/clients.ts'
import { contactRoutes } from './routes/contacts.ts'
import { docsRoutes } from './routes/docs.ts'
import { enrollmentRoutes } from './routes/enrollments.ts'
import { eventRoutes } from './routes/events.ts'
import { type HealthOptions, healthRoutes } from './routes/health.ts'
import { type Inbox, inboxRoutes } from './routes/inbox.ts'
import { loginRoutes } from './routes/logins.ts'
import { optOutRoutes } from './routes/opt-out.ts'
import { portalRoutes } from './routes/portals.ts'
import { settingsRoutes } from './routes/settings.ts'
import { tokenRoutes } from './routes/token.ts'
import { wellKnownRoutes } from './routes/well-known.ts'

export interface AppDependencies {
  useCases: UseCases
  /** HS256 keys of access tokens; a token names its key by `kid`. */
  accessTokenKeys: AccessTokenKey[]
  /** The service's public address, without a slash at the end: issuer and audience of access tokens. */
  issuer: string
  /** Proxies whose `X-Forwarded-*` are believed, as addresses or CIDR blocks; never a number of hops (L-01). */
  trustProxy: string[]
  /** Pino's options, or false. How errors are written is not for them to say. */
  logger: false | Exclude<FastifyServerOptions['logger'], boolean | undefined>
  metrics: HealthOptions['metrics']
  now: () => Date
  /** Random and unguessable; one per request. */
  newRequestId: () => string
  /** Embedded mode only. */
  inbox?: Inbox | undefined
  /** True from the signal to stop until the end: readiness says no. */
  draining?: (() => boolean) | undefined
}

/** 16 KiB (design section 2). */
const BODY_BYTES_MAX = 16_384
/** Ids have at most 128 characters; Fastify's own limit of 100 would refuse some. */
const PARAM_LENGTH_MAX = 512
const REQUEST_TIMEOUT_MS = 10_000

/** Assembles the service, ready to listen or to inject requests into. */
export async function makeApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { issuer, useCases, inbox } = dependencies
  const app = fastify(serverOptions(dependencies))

  await openapi(app)
  app.decorateRequest('caller', null)
  app.setSerializerCompiler(serializerCompiler)
  requestLog(app)
  problemDetails(app, issuer)
  responseHeaders(app)
  strictInput(app)

  const { metrics, draining = () => false } = dependencies
  await app.register(healthRoutes, { useCases, metrics, draining })
  await app.register(docsRoutes)
  if (inbox) await app.register(inboxRoutes, { inbox })
  await app.register(wellKnownRoutes, { useCases })
  await app.register(tokenRoutes, { useCases })
  await app.register(protectedRoutes, dependencies)
  await app.ready()
  return app
}

async function protectedRoutes(app: FastifyInstance, dependencies: AppDependencies): Promise<void> {
  const { useCases, issuer } = dependencies
  await authentication(app, dependencies)
  const answerOnce = makeAnswerOnce(useCases, issuer)
  await app.register(loginRoutes, { useCases, issuer })
  await app.register(enrollmentRoutes, { useCases, answerOnce })
  await app.register(challengeRoutes, { useCases, answerOnce })
  await app.register(optOutRoutes, { useCases })
  await app.register(contactRoutes, { useCases })
  await app.register(settingsRoutes, { useCases })
  await app.register(eventRoutes, { useCases })
  await app.register(portalRoutes, { useCases })
  await app.register(clientRoutes, { useCases })
}

const serverOptions = (dependencies: AppDependencies): FastifyServerOptions => ({
  logger: dependencies.logger && {
    ...dependencies.logger,
    serializers: { ...dependencies.logger.serializers, err: errorForLog, error: errorForLog },
  },
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  genReqId: dependencies.newRequestId,
  trustProxy: dependencies.trustProxy.length > 0 ? dependencies.trustProxy : false,
  bodyLimit: BODY_BYTES_MAX,
  requestTimeout: REQUEST_TIMEOUT_MS,
  exposeHeadRoutes: false,
  forceCloseConnections: 'idle',
  // The 503 while closing is a problem document of ours (plugins/response-headers.ts), not Fastify's own.
  return503OnClosing: false,
  onProtoPoisoning: 'error',
  onConstructorPoisoning: 'error',
  routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
  frameworkErrors: makeErrorHandler(dependencies.issuer),
})
