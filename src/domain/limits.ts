/** Every number of the product's defences, with its source, and the send limits as data. Adapters see opaque keys only. */
import type { ContactRef, FactorId, PortalId } from './ids.ts'

/** Verdicts per challenge or enrollment, whatever mix of resends and restarts (Twilio 60202, PSD2 RTS Art. 4). */
export const ATTEMPTS_MAX = 5
/** Codes sent per challenge or enrollment (Twilio 60203). */
export const SENDS_MAX = 5
/** Seconds to wait after the n-th send to one factor within one challenge. */
export const RESEND_WAITS_SECONDS = [30, 60, 120, 240] as const
/** Seconds for which an enrollment stays pending. */
export const ENROLLMENT_LIFETIME_SECONDS = 600
/** Seconds for which an ended challenge or enrollment can still be read. */
export const ENDED_READABLE_SECONDS = 3600
/** Every so many failures in a row lock the contact (PCI DSS 8.3.4: at most 10). */
export const FAILURES_PER_LOCK = 10
export const LOCK_SECONDS = 1800
/** Failures in a row that disable a factor until a reset (NIST SP 800-63B-4 §3.2.2 allows 100). */
export const FACTOR_FAILURES_MAX = 50
/** Failures within {@link FAILURE_WINDOW_DAYS}, successes or not, that disable a factor. */
export const FACTOR_WINDOW_FAILURES_MAX = 100
export const FAILURE_WINDOW_DAYS = 30
/** Wrong guesses of a whole portal within {@link GUESSING_WINDOW_SECONDS}, over half of all, from which on it is being guessed at. */
export const GUESSING_WRONG_MIN = 200
export const GUESSING_WINDOW_SECONDS = 600
/** Seconds without such a window after which codes are as short again as the portal wants them. */
export const GUESSING_QUIET_SECONDS = 3600
/** Digits of new codes until then. */
export const GUARDED_CODE_LENGTH = 8
/** Seconds for which an answer is kept under its Idempotency-Key, and for which a running request holds it. */
export const IDEMPOTENCY_SECONDS = 86_400
export const IDEMPOTENCY_LEASE_SECONDS = 30
/** Seconds between two runs of sealing: what a thief of the database could still remove without a trace. */
export const SEAL_INTERVAL_SECONDS = 5
/** Events per transaction, and transactions per portal and run. */
export const SEAL_BATCH = 1000
export const SEAL_BATCHES_MAX = 20
export const PRUNE_BATCH = 1000
export const PRUNE_BATCHES_MAX = 200
/** An event is sealed after seconds. One that is older by so much than what was sealed before it was written in by hand. */
export const BACKDATED_SECONDS = 3600
/** Share of a portal's messages of the day from which enrollments stop, so that logins go on. */
const ENROLLMENT_SHARE = 0.8

export const ACCESS_TOKEN_SECONDS = 900
export const ASSERTION_SECONDS = 60
export const STEP_UP_SECONDS = 600
/** RFC 8725: small clock differences between hosts. */
export const CLOCK_TOLERANCE_SECONDS = 30
export const CLIENT_SECRET_RETIRE_SECONDS = 86_400
/** Seconds that a token may live which a client has signed itself: exp - iat. */
export const CLIENT_TOKEN_SECONDS_MAX = 600
export const CLIENT_KEYS_MAX = 10
/** Seconds between two polls of revoked clients and of clients' keys, and the age from which what was read is no longer believed. */
export const REVOCATION_POLL_SECONDS = 20
export const REVOCATION_MAX_AGE_SECONDS = 60

export const limitNames = ['destination', 'contact', 'prefix', 'portal_day'] as const
export type LimitName = (typeof limitNames)[number]

/** At most `max` in any `seconds` (sliding), or at most `max` in one UTC day. */
export type LimitWindow = { max: number; seconds: number } | { max: number; perUtcDay: true }

/** One limit that a send must pass. `key` consists of `/`-separated ids and digests; adapters add nothing to its meaning. */
export interface SendLimit {
  name: LimitName
  key: string
  windows: readonly LimitWindow[]
}

const HOUR = 3600
const DAY = 86_400

/** Sends to one number or address (SMS bombing); an active factor has a budget of its own with the same numbers. */
const DESTINATION = [
  { max: 5, seconds: 600 },
  { max: 10, seconds: HOUR },
  { max: 20, seconds: DAY },
] as const
/** Sends per contact, enrollments and challenges together (Twilio 60312). */
const CONTACT = [
  { max: 10, seconds: HOUR },
  { max: 30, seconds: DAY },
] as const

export const contactLimit = ({ portalId, contactId }: ContactRef): SendLimit => ({
  name: 'contact',
  key: `c/${portalId}/${contactId}`,
  windows: CONTACT,
})

/** Over all portals, on purpose: a victim's phone does not care which portal rings it. */
export const destinationLimit = (destinationIndex: string): SendLimit => ({
  name: 'destination',
  key: `d/${destinationIndex}`,
  windows: DESTINATION,
})

/** Sends to one factor; see {@link DESTINATION}. */
export const factorLimit = (portalId: PortalId, factorId: FactorId): SendLimit => ({
  name: 'destination',
  key: `f/${portalId}/${factorId}`,
  windows: DESTINATION,
})

/** SMS pumping: sends into one block of numbers. A confirmation gives its own send back to this one. */
export const prefixUnconfirmedLimit = (portalId: PortalId, prefixIndex: string): SendLimit => ({
  name: 'prefix',
  key: `x/${portalId}/${prefixIndex}`,
  windows: [{ max: 20, seconds: HOUR }],
})

/** SMS pumping as well: all sends into one block of numbers, those that were confirmed among them. */
export const prefixLimit = (portalId: PortalId, prefixIndex: string): SendLimit => ({
  name: 'prefix',
  key: `y/${portalId}/${prefixIndex}`,
  windows: [{ max: 60, seconds: HOUR }],
})

/** One credit per contact and day for a confirmed enrollment; see {@link prefixUnconfirmedLimit}. */
export const prefixCreditLimit = ({ portalId, contactId }: ContactRef): SendLimit => ({
  name: 'prefix',
  key: `z/${portalId}/${contactId}`,
  windows: [{ max: 1, seconds: DAY }],
})

/** SMS of a portal in one UTC day; enrollments stop at {@link ENROLLMENT_SHARE}. */
export const portalDayLimit = (portalId: PortalId, dailyMessagesMax: number, enrollment: boolean): SendLimit => ({
  name: 'portal_day',
  key: `p/${portalId}`,
  windows: [{ max: portalDayMax(dailyMessagesMax, enrollment), perUtcDay: true }],
})

/** SMS a UTC day, rounded down. */
export const portalDayMax = (dailyMessagesMax: number, enrollment: boolean): number =>
  enrollment ? Math.floor(dailyMessagesMax * ENROLLMENT_SHARE) : dailyMessagesMax
