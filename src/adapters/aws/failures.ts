/** Which failures of an AWS call prove that the message was not accepted. Everything else may have been. */

/** What a failure says of itself. `message` may hold a number or an address: to be matched, never kept. */
export interface Fault {
  name: string
  message: string
  /** HTTP status of the answer; null when none came. */
  status: number | null
}

/** Refusals for the rate, whatever their status (some come as 503): the request was not looked at. */
const throttles = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttled',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** System calls that come before the first byte of a request. */
const connectingCalls = new Set(['connect', 'getaddrinfo'])

/** The SDK has no other mark of its own connection timer, which is cleared as soon as the socket is connected. */
const connectionTimeoutMessage = 'the request socket did not establish a connection'

/**
 * Why the message was provably not accepted, in words fit for a log (the error's name, never its message); null where
 * that is not proved. `onItsWay`: whether the request had been handed to the network.
 */
export function unacceptedReason(error: unknown, onItsWay: boolean): { fault: Fault; reason: string | null } {
  const fault = faultOf(error)
  const refused =
    fault.status === null
      ? !onItsWay || neverConnected(error, fault)
      : throttles.has(fault.name) || (fault.status >= 400 && fault.status < 500)
  return { fault, reason: refused ? reasonOf(error, fault) : null }
}

function faultOf(error: unknown): Fault {
  const { name, message, $metadata } = membersOf(error)
  const status = membersOf($metadata).httpStatusCode
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    status: typeof status === 'number' ? status : null,
  }
}

/** Every address that was tried failed before a connection stood. */
function neverConnected(error: unknown, fault: Fault): boolean {
  const tries = error instanceof AggregateError ? error.errors : [error]
  if (tries.length > 0 && tries.every(one => connectingCalls.has(String(membersOf(one).syscall)))) return true
  return fault.name === 'TimeoutError' && fault.message.includes(connectionTimeoutMessage)
}

function reasonOf(error: unknown, fault: Fault): string {
  const { code } = membersOf(error)
  const word = fault.status === null && typeof code === 'string' ? code : fault.name
  return /^[\w.-]{1,64}$/.test(word) ? word : 'Error'
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
