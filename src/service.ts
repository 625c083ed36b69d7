/** Composition root: config → adapters → use cases → HTTP, and the loops behind them. */
import { type Adapters, openAdapters, type Probes } from './adapters/index.ts'
import type { Config } from './config.ts'
import { REVOCATION_POLL_SECONDS, SEAL_INTERVAL_SECONDS } from './domain/limits.ts'
import { type AppDependencies, makeApp } from './http/app.ts'
import { makeUseCases, type UseCases } from './usecases/index.ts'
import { makePruneEvents } from './usecases/prune-events.ts'
import { makeRevocationList, type RevocationList } from './usecases/revocation-list.ts'
import { makeSealEvents } from './usecases/seal-events.ts'

const SIGNING_KEYS_POLL_MS = 60_000
const PRUNE_MS = 3_600_000

export interface Service {
  app: Awaited<ReturnType<typeof makeApp>>
  useCases: UseCases
  /** Reads revoked clients and suspended portals now, as the poll would. */
  refreshRevocations(): Promise<void>
  /** Readiness says no from now on; requests are still answered. */
  drain(): void
  /** Stops accepting, lets running requests end, then closes what they used. */
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
  await revocations.refresh()
  const useCases = makeUseCases(ports, {
    operatorSecret: config.secrets.operatorSecret,
    anyCountry: config.mode === 'embedded',
    revocations,
  })
  let draining = false
  const app = await makeApp({
    useCases,
    accessTokenKeys: adapters.accessTokenKeys,
    issuer: config.http.publicUrl,
    trustProxy: config.http.trustProxy,
    logger,
    metrics: adapters.metrics,
    now: ports.clock.now,
    newRequestId: adapters.newRequestId,
    inbox: adapters.inbox ?? undefined,
    draining: () => draining,
  })
  const stopLoops = startLoops(adapters, revocations, config)

  return {
    app,
    useCases,
    refreshRevocations: revocations.refresh,
    drain: () => {
      draining = true
    },
    async close() {
      stopLoops()
      await app.close()
      await adapters.close()
    },
  }
}

/** Each run is bounded by the deadlines of its ports; a failed one is made up for by the next. */
function startLoops({ ports, signingKeys }: Adapters, revocations: RevocationList, { audit }: Config): () => void {
  const sealEvents = makeSealEvents(ports)
  const pruneEvents = makePruneEvents(ports, audit.retentionDays)
  const loops = [
    setInterval(revocations.refresh, REVOCATION_POLL_SECONDS * 1000),
    setInterval(() => signingKeys.refresh().catch(() => {}), SIGNING_KEYS_POLL_MS),
    setInterval(() => ports.housekeeping.prune().catch(() => {}), PRUNE_MS),
    setInterval(() => sealEvents().catch(() => {}), SEAL_INTERVAL_SECONDS * 1000),
    setInterval(() => pruneEvents().catch(() => {}), PRUNE_MS),
  ]
  for (const loop of loops) loop.unref()
  return () => loops.forEach(clearInterval)
}
