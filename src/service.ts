/** Composition root: config → adapters → use cases → HTTP, and the loops behind them. */
import { type Adapters, openAdapters, type Probes } from './adapters/index.ts'
import type { Config } from './config.ts'
import { REVOCATION_POLL_SECONDS, SEAL_INTERVAL_SECONDS } from './domain/limits.ts'
import { type AppDependencies, makeApp } from './http/app.ts'
import { makeClientKeys } from './usecases/client-keys.ts'
import { makeFinishKeyRotation } from './usecases/finish-key-rotation.ts'
import { makeUseCases, type UseCases } from './usecases/index.ts'
import { makePruneEvents } from './usecases/prune-events.ts'
import { makePruneSettlements } from './usecases/prune-settlements.ts'
import { makeRevocationList } from './usecases/revocation-list.ts'
import { makeSealEvents } from './usecases/seal-events.ts'

/** Seconds until a job that failed runs again. */
const RETRY_SECONDS = 2

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
    const read = await Promise.all([revocations.refresh(), clientKeys.refresh()])
    if (read.includes(false)) throw new Error('who has been revoked could not be read')
  }
  await refreshRevocations().catch(() => {})
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
  const jobs = jobsOf(adapters, refreshRevocations, config)
  const stopLoops = jobs.map(job => startLoop(job, app.log))

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
      for (const stop of stopLoops) stop()
      await adapters.close()
    },
  }
}

interface Job {
  name: string
  everySeconds: number
  run(): Promise<unknown>
}

const jobsOf = ({ ports, signingKeys }: Adapters, refreshRevocations: Job['run'], { audit }: Config): Job[] => [
  { name: 'revocations', everySeconds: REVOCATION_POLL_SECONDS, run: refreshRevocations },
  { name: 'signing-keys', everySeconds: 60, run: signingKeys.refresh },
  { name: 'key-rotation', everySeconds: 60, run: makeFinishKeyRotation(ports) },
  { name: 'seal-events', everySeconds: SEAL_INTERVAL_SECONDS, run: makeSealEvents(ports) },
  { name: 'prune-settlements', everySeconds: 60, run: makePruneSettlements(ports) },
  { name: 'prune-events', everySeconds: 3600, run: makePruneEvents(ports, audit.retentionDays) },
]

/** Each run is bounded by the deadlines of its ports. A failed one is due again at once, so that an outage ends for us soon after it ends. */
function startLoop({ name, everySeconds, run }: Job, log: Service['app']['log']): () => void {
  let [stopped, failing] = [false, false]
  let timer = setTimeout(turn, everySeconds * 1000).unref()

  async function turn(): Promise<void> {
    try {
      await run()
      if (failing) log.info({ job: name }, 'a background job works again')
      failing = false
    } catch (err) {
      // Once for each outage: the metrics and readiness tell how long it lasts.
      if (!failing && !stopped) log.error({ job: name, err }, 'a background job fails')
      failing = true
    }
    if (!stopped) timer = setTimeout(turn, (failing ? RETRY_SECONDS : everySeconds) * 1000).unref()
  }

  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
