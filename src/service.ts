/** Composition root: config → adapters → use cases → HTTP, and the loops behind them. */
import { type Adapters, openAdapters, type Probes } from './adapters/index.ts'
import type { Config } from './config.ts'
import { REVOCATION_POLL_SECONDS } from './domain/limits.ts'
import { type AppDependencies, makeApp } from './http/app.ts'
import { makeClientKeys } from './usecases/client-keys.ts'
import { makeFinishKeyRotation } from './usecases/finish-key-rotation.ts'
import { makeUseCases, type UseCases } from './usecases/index.ts'
import { makeRevocationList } from './usecases/revocation-list.ts'

export interface Service {
  app: Awaited<ReturnType<typeof makeApp>>
  useCases: UseCases
  /** Runs every background job once, now; rejects when one fails. */
  runJobs(): Promise<void>
  /** Readiness says no from now on; requests are still answered. */
  unready(): void
  /** Stops accepting, and resolves when the running requests have ended. */
  drain(): Promise<void>
  /** Drains, ends the loops and closes what they and the requests used. */
  close(): Promise<void>
}

/** Assembles a service that is ready to listen. `logger` is pino's options, or false. */
export async function openService(
  config: Config,
  logger: AppDependencies['logger'],
  probes: Probes = {},
): Promise<Service> {
  const adapters = await openAdapters(config, probes)
  const { ports } = adapters
  const revocations = makeRevocationList(ports)
  const clientKeys = makeClientKeys(ports)
  const refreshRevocations = async () => {
    await Promise.all([revocations.refresh(), clientKeys.refresh()])
  }
  await refreshRevocations()
  const useCases = makeUseCases(ports, {
    operatorSecret: config.secrets.operatorSecret,
    anyCountry: config.mode === 'embedded',
    revocations,
    clientKeys,
  })
  let unready = false
  const app = await makeApp({
    useCases,
    accessTokenKeys: adapters.accessTokenKeys,
    issuer: config.http.publicUrl,
    trustProxy: config.http.trustProxy,
    loopDelayMaxMs: config.http.loopDelayMaxMs,
    logger,
    metrics: adapters.metrics,
    now: ports.clock.now,
    newRequestId: adapters.newRequestId,
    inbox: adapters.inbox ?? undefined,
    unready: () => unready,
  })
  const jobs = jobsOf(adapters, refreshRevocations)
  const stopLoops = startLoops(jobs)

  return {
    app,
    useCases,
    async runJobs() {
      for (const { run } of jobs) await run()
    },
    unready: () => {
      unready = true
    },
    drain: () => app.close(),
    async close() {
      await app.close()
      stopLoops()
      await adapters.close()
    },
  }
}

interface Job {
  everySeconds: number
  run(): Promise<unknown>
}

/** Each run is bounded by the deadlines of its ports; a failed one is made up for by the next. */
const jobsOf = ({ ports, signingKeys }: Adapters, refreshRevocations: Job['run']): Job[] => [
  { everySeconds: REVOCATION_POLL_SECONDS, run: refreshRevocations },
  { everySeconds: 60, run: signingKeys.refresh },
  { everySeconds: 60, run: makeFinishKeyRotation(ports) },
  { everySeconds: 3600, run: ports.housekeeping.prune },
]

/** A run that takes longer than its interval is not overtaken by the next. */
function startLoops(jobs: Job[]): () => void {
  const loops = jobs.map(({ everySeconds, run }) => {
    let running = false
    return setInterval(async () => {
      if (running) return
      running = true
      await run().catch(() => {})
      running = false
    }, everySeconds * 1000).unref()
  })
  return () => loops.forEach(clearInterval)
}
