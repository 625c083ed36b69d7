/** The service over HTTP: plugins in order, then routes. Translation only. */
import { serializerCompiler } from '@fastify/type-provider-zod'
import {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyServerOptions,
  fastify,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { UseCases } from '../usecases/index.ts'
import { errorForLog } from './error-for-log.ts'
import { type AccessTokenKey, authentication } from './plugins/authentication.ts'
import { closing } from './plugins/closing.ts'
import { makeIdempotentAnswer } from './plugins/idempotency.ts'
import { loadShedding } from './plugins/load-shedding.ts'
import { openapi } from './plugins/openapi.ts'
import { makeErrorHandler, problemDetails } from './plugins/problem-details.ts'
import { requestLog } from './plugins/request-log.ts'
import { responseHeaders } from './plugins/response-headers.ts'
import { strictInput } from './plugins/strict-input.ts'
import { readAnyway, refuseUnreadable } from './plugins/unreadable.ts'
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
  /** Mean delay of the event loop, in ms, from which on requests are refused; 0: never. */
  loopDelayMaxMs: number
  /** Pino's options, or false. How errors are written is not for them to say. */
  logger: false | Exclude<FastifyServerOptions['logger'], boolean | undefined>
  metrics: HealthOptions['metrics']
  now: () => Date
  /** Random and unguessable; one per request. */
  newRequestId: () => string
  /** Embedded mode only. */
  inbox?: Inbox | undefined
  /** True from the signal to stop until the end: readiness says no. */
  isUnready?: (() => boolean) | undefined
}

/** 16 KiB (design section 2). */
const BODY_BYTES_MAX = 16_384
/** Ids have at most 128 characters; Fastify's own limit of 100 would refuse some. */
const PARAM_LENGTH_MAX = 512
/** A request must have arrived whole by then, and its headers before: Node swaps the two if the second is longer, and its default is. */
const REQUEST_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 5000
/** How often Node looks for those that are late. */
const TIMEOUT_CHECK_MS = 1000
/** A socket on which nothing moves for so long in the middle of a request is given up; the slowest answer takes 8 s. */
const CONNECTION_TIMEOUT_MS = 15_000
/** Longer than load balancers keep an idle connection (60 s), so that it is never they who meet a closed one. */
const KEEP_ALIVE_MS = 72_000

/** Assembles the service, ready to listen or to inject requests into. */
export async function makeApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { issuer, useCases, inbox } = dependencies
  const app = fastify(serverOptions(dependencies))

  await openapi(app)
  app.decorateRequest('caller', null)
  app.setSerializerCompiler(serializerCompiler)
  requestLog(app)
  problemDetails(app, issuer)
  responseHeaders(app, issuer)
  closing(app)
  if (dependencies.loopDelayMaxMs > 0) await loadShedding(app, dependencies.loopDelayMaxMs)
  readAnyway(app)
  strictInput(app)

  const { metrics, isUnready = () => false } = dependencies
  await app.register(healthRoutes, { useCases, metrics, isUnready })
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
  const answerOnce = makeIdempotentAnswer(useCases, issuer)
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

const serverOptions = (dependencies: AppDependencies): FastifyHttpOptions<RawServerDefault> => ({
  logger: dependencies.logger && {
    ...dependencies.logger,
    serializers: { ...dependencies.logger.serializers, err: errorForLog, error: errorForLog },
  },
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  genReqId: dependencies.newRequestId,
  trustProxy: dependencies.trustProxy.length > 0 ? dependencies.trustProxy : false,
  bodyLimit: BODY_BYTES_MAX,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    requireHostHeader: false,
  },
  exposeHeadRoutes: false,
  forceCloseConnections: 'idle',
  // The 503 while closing is a problem document of ours (plugins/closing.ts), not Fastify's own.
  return503OnClosing: false,
  onProtoPoisoning: 'error',
  onConstructorPoisoning: 'error',
  routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
  frameworkErrors: makeErrorHandler(dependencies.issuer),
  clientErrorHandler: refuseUnreadable(dependencies.issuer, dependencies.newRequestId),
})
