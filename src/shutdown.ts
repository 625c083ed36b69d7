/** The graceful end of the process: named phases, each with a limit, so that it ends in time whatever hangs. */
import { errorForLog } from './http/error-for-log.ts'
import type { Service } from './service.ts'

interface Phase {
  name: 'unready' | 'drain' | 'close'
  limitMs: number
  run(): unknown
}

/** Time for running requests to end: the slowest answer takes 8 s. */
const DRAIN_MS = 12_000
const CLOSE_MS = 5000

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/**
 * Readiness off, and time for the load balancer to notice; then no more connections, and time for the running requests;
 * then the stores. With the default delay of 5 s that is 22 s at most, within the usual grace of 30 s.
 */
const phasesOf = ({ app, ...service }: Service, delaySeconds: number): Phase[] => [
  {
    name: 'unready',
    limitMs: delaySeconds * 1000 + 1000,
    run: () => {
      service.unready()
      return wait(delaySeconds * 1000)
    },
  },
  { name: 'drain', limitMs: DRAIN_MS, run: service.drain },
  {
    name: 'close',
    limitMs: CLOSE_MS,
    run: () => {
      app.server.closeAllConnections()
      return service.close()
    },
  },
]

/** Ends the process at SIGTERM or SIGINT: 0 if every phase ended in time, else 1. A second signal ends it at once, with 1. */
export function endOnSignal(service: Service, delaySeconds: number): void {
  const { log } = service.app
  let ending = false
  const onSignal = async (signal: NodeJS.Signals) => {
    if (ending) return process.exit(1)
    ending = true
    let inTime = true
    for (const { name, limitMs, run } of phasesOf(service, delaySeconds)) {
      log.info({ phase: name, signal }, 'shutdown')
      const ended = await Promise.race([Promise.resolve(run()).then(() => true), wait(limitMs).then(() => false)])
      if (!ended) log.error({ phase: name, limitMs }, 'shutdown: the phase did not end in time')
      inTime &&= ended
    }
    process.exit(inTime ? 0 : 1)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

/** What nobody caught leaves the process in a state that nobody knows: it says what and where, never the error's text, and ends. */
export function endOnFault(): void {
  process.on('uncaughtException', error => {
    process.stderr.write(`${JSON.stringify({ level: 60, err: errorForLog(error), msg: 'nobody caught this' })}\n`)
    process.exit(1)
  })
}
