/** The process clock: for JWT times only. Expiry, waits and windows are judged by the stores. */
export interface Clock {
  now(): Date
}
