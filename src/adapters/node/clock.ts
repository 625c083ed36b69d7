import type { Clock } from '../../ports/clock.ts'

/** The process clock; `offsetMs` moves it in tests. */
export const makeSystemClock = (offsetMs: () => number = () => 0): Clock => ({
  now: () => new Date(Date.now() + offsetMs()),
})
