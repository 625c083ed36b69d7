/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): what is left of the portal's own day. */
import type { Quota } from '../usecases/portal-day.ts'

const POLICY = '"portal_day"'
const WINDOW_SECONDS = 86_400

/** None where the answer counted against no quota of the caller. */
export const rateLimitHeaders = (quota: Quota | null | undefined): Record<string, string> =>
  quota
    ? {
        'ratelimit-policy': `${POLICY};q=${quota.max};w=${WINDOW_SECONDS}`,
        ratelimit: `${POLICY};r=${quota.left};t=${quota.resetSeconds}`,
      }
    : {}

/** Of a refusal: nothing is left until then. */
export const spentRateLimit = (retryAfterSeconds: number): Record<string, string> => ({
  ratelimit: `${POLICY};r=0;t=${retryAfterSeconds}`,
})

/** For the OpenAPI document. */
export const rateLimitAnswerHeaders = {
  RateLimit: "Where an SMS was sent: what is left of the portal's day (`r`) and the seconds until the next (`t`).",
  'RateLimit-Policy': "Where an SMS was sent: the portal's SMS a UTC day (`q`; for enrollments their share).",
}
