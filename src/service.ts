/** Composition root: config → adapters → use cases → HTTP, and the jobs behind them. */
import { openAdapters, type Probes } from './adapters/index.ts'
import type { Config } from './config.ts'
import { type AppDependencies, makeApp } from './http/app.ts'
import { jobsOf, startJob } from './jobs.ts'
import { makeClientKeys } from './usecases/client-keys.ts'
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
  /** Drains, ends the jobs and closes what they and the requests used. */
  close(): Promise<void>
}

/** Assembles a service that is ready to listen. `logger` is pino's options, or false. */
export async function openService(
  config: Config,
  logger: AppDependencies['logger'],
  probes: Probes = {},
): Promise<Service> {
  const adapters = await openAdapters(config, probes)
  const { ports, accessTokenKeys, metrics, newRequestId, inbox } = adapters
  const { publicUrl: issuer, trustProxy, loopDelayMaxMs } = config.http
  const polled = { revocations: makeRevocationList(ports), clientKeys: makeClientKeys(ports) }
  await refresh(polled).catch(() => {})
  const useCases = makeUseCases(ports, {
    operatorSecret: config.secrets.operatorSecret,
    anyCountry: config.mode === 'embedded',
    ...polled,
  })
  const { now } = ports.clock
  let unready = false
  const http = { issuer, trustProxy, loopDelayMaxMs, logger, now, newRequestId, isUnready: () => unready }
  const app = await makeApp({ useCases, accessTokenKeys, metrics, inbox: inbox ?? undefined, ...http })
  const jobs = jobsOf(adapters, () => refresh(polled), config)
  const stopJobs = jobs.map(job => startJob(job, app.log))

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
      for (const stop of stopJobs) stop()
      await adapters.close()
    },
  }
}

/** Reads what every request believes without asking the database. */
async function refresh(polled: Record<string, { refresh(): Promise<boolean> }>): Promise<void> {
  const read = await Promise.all(Object.values(polled).map(list => list.refresh()))
  if (read.includes(false)) throw new Error('who has been revoked could not be read')
}
