/** What runs in the background, again and again, beside the requests. */
import type { Adapters } from './adapters/index.ts'
import type { Config } from './config.ts'
import { REVOCATION_POLL_SECONDS, SEAL_INTERVAL_SECONDS } from './domain/limits.ts'
import { makeFinishKeyRotation } from './usecases/finish-key-rotation.ts'
import { makePruneEvents } from './usecases/prune-events.ts'
import { makePruneSettlements } from './usecases/prune-settlements.ts'
import { makeSealEvents } from './usecases/seal-events.ts'

/** Seconds until a job that failed runs again. */
const RETRY_SECONDS = 2

export interface Job {
  name: string
  everySeconds: number
  run(): Promise<unknown>
}

interface Log {
  info(of: object, text: string): void
  error(of: object, text: string): void
}

export const jobsOf = ({ ports, signingKeys }: Adapters, refreshRevocations: Job['run'], { audit }: Config): Job[] => [
  { name: 'revocations', everySeconds: REVOCATION_POLL_SECONDS, run: refreshRevocations },
  { name: 'signing-keys', everySeconds: 60, run: signingKeys.refresh },
  { name: 'key-rotation', everySeconds: 60, run: makeFinishKeyRotation(ports) },
  { name: 'seal-events', everySeconds: SEAL_INTERVAL_SECONDS, run: makeSealEvents(ports) },
  { name: 'prune-settlements', everySeconds: 60, run: makePruneSettlements(ports) },
  { name: 'prune-events', everySeconds: 3600, run: makePruneEvents(ports, audit.retentionDays) },
]

/**
 * Runs a job from now on, first when its time has come; ends with what it returns. Each run is bounded by the deadlines of
 * its ports. A failed one is due again at once, so that an outage ends for us soon after it ends.
 */
export function startJob({ name, everySeconds, run }: Job, log: Log): () => void {
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
