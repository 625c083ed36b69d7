/** One call to AWS that is tried once, ends in time, and whose failure tells whether the message may be on its way. */
import type { SendOutcome } from '../../ports/message-sender.ts'
import { type Fault, unacceptedReason } from './failures.ts'

/** The seconds of design.md section 5 that a send may take in all. */
const SEND_DEADLINE_MS = 3_000

/** What an AWS call needs of the machinery around it. */
export interface Attempt {
  /** Aborted at the deadline. */
  signal: AbortSignal
  /** Middleware for `lastBeforeTheNetwork`: until it has run, a failure proves that nothing was sent. */
  noteDispatch<Args, Result>(next: (args: Args) => Result): (args: Args) => Result
}

/** Where `noteDispatch` has to stand. */
export const lastBeforeTheNetwork = { step: 'deserialize', priority: 'low' } as const

export const wrongChannel: SendOutcome = { outcome: 'refused', by: 'provider', reason: 'WrongChannel' }

/**
 * Runs `attempt`, which resolves to the provider's message id. Answers within `deadlineMs` even where the SDK would wait
 * on (credentials are fetched without regard to the signal); an aborted signal then keeps the request from leaving.
 * `byDestination` says of a refusal whether it is about the destination.
 */
export function sendOnce(
  attempt: (attempt: Attempt) => Promise<string | undefined>,
  byDestination: (fault: Fault) => boolean,
  deadlineMs = SEND_DEADLINE_MS,
): Promise<SendOutcome> {
  return new Promise(resolve => {
    const abort = new AbortController()
    let onItsWay = false
    const fail = (error: unknown) => resolve(outcomeOf(error, onItsWay, byDestination))
    const timer = setTimeout(() => {
      abort.abort()
      fail({ name: 'DeadlineExceeded' })
    }, deadlineMs)
    const noteDispatch: Attempt['noteDispatch'] = next => args => {
      onItsWay = true
      return next(args)
    }
    Promise.resolve()
      .then(() => attempt({ signal: abort.signal, noteDispatch }))
      .then(id => resolve(id ? { outcome: 'sent', providerMessageId: id } : { outcome: 'unknown' }), fail)
      .finally(() => clearTimeout(timer))
  })
}

function outcomeOf(error: unknown, onItsWay: boolean, byDestination: (fault: Fault) => boolean): SendOutcome {
  const { fault, reason } = unacceptedReason(error, onItsWay)
  if (reason === null) return { outcome: 'unknown' }
  return { outcome: 'refused', by: fault.status !== null && byDestination(fault) ? 'destination' : 'provider', reason }
}
