/** "This contact has passed the password: what now?" The heart of the product, as a table read from top to bottom. */
import { type ContactSnapshot, countingFactors, type Factor, lockedForSeconds } from './contact.ts'
import type { Method } from './methods/index.ts'
import type { Country } from './settings.ts'
import { canSkip, rememberedSkip, skipsLeft, validSkip } from './skip.ts'

export const enrollReasons = ['reset', 'reenroll', 'opt_out_withdrawn', 'skip_expired', 'not_enrolled'] as const
export type EnrollReason = (typeof enrollReasons)[number]

export type Decision =
  | { decision: 'allow'; reason: 'mfa_disabled' | 'skipped' }
  | { decision: 'deny'; reason: 'factor_locked'; retryAfterSeconds: number }
  | { decision: 'deny'; reason: 'reset_required' }
  | { decision: 'challenge'; factors: Factor[] }
  | {
      decision: 'enroll'
      reason: EnrollReason
      methods: Method[]
      countries?: Country[]
      canSkip: boolean
      skipsLeft: number | null
    }

/** Decides a login. The order of the lines is the contract (design section 2.4). */
export function decide(snapshot: ContactSnapshot): Decision {
  const counting = countingFactors(snapshot)
  const usable = counting.filter(factor => factor.disabledAt === null)
  const lockedFor = lockedForSeconds(snapshot)
  const locked = { decision: 'deny', reason: 'factor_locked', retryAfterSeconds: lockedFor ?? 0 } as const

  if (!snapshot.portal.settings.enabled) return { decision: 'allow', reason: 'mfa_disabled' }
  if (counting.length > 0 && usable.length === 0) return { decision: 'deny', reason: 'reset_required' }
  if (counting.length > 0 && lockedFor !== null) return locked
  if (counting.length > 0) return { decision: 'challenge', factors: usable }
  if (validSkip(snapshot)) return { decision: 'allow', reason: 'skipped' }
  if (lockedFor !== null) return locked
  return enroll(snapshot)
}

function enroll(snapshot: ContactSnapshot): Decision {
  const { methods, sms } = snapshot.portal.settings
  return {
    decision: 'enroll',
    reason: enrollReason(snapshot),
    methods,
    ...(methods.includes('sms') ? { countries: sms.allowedCountries } : {}),
    canSkip: canSkip(snapshot),
    skipsLeft: skipsLeft(snapshot),
  }
}

function enrollReason(snapshot: ContactSnapshot): EnrollReason {
  if (snapshot.contact?.resetAt) return 'reset'
  if (snapshot.factors.length > 0) return 'reenroll'
  if (!rememberedSkip(snapshot)) return 'not_enrolled'
  return snapshot.portal.settings.optOut.allowed ? 'skip_expired' : 'opt_out_withdrawn'
}
