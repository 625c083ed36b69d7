/** How both AWS clients are set up; one of each per process. */

/** Where AWS is. What is left out the SDK takes from its own `AWS_*` variables. */
export interface AwsPlace {
  region?: string | undefined
  endpoint?: string | undefined
}

const CONNECTION_TIMEOUT_MS = 1_000

/** Sends in flight per process; more of them wait, and are refused when the connection timer ends. */
const SOCKETS_MAX = 200

/** An idle connection is given up before the other end is likely to: a reset of it would leave a send unknown. */
const IDLE_SOCKET_MS = 15_000

/** No retries: an SMS that was accepted but answered late would be sent again, up to three times. */
export function clientSettings({ region, endpoint }: AwsPlace) {
  const agent = { keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_SOCKET_MS }
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, httpAgent: agent, httpsAgent: agent },
  }
}
