import type { CodeStore, NewCode } from '../../ports/code-store.ts'
import { codeKeys, pointerField } from './keys.ts'
import type { RedisConnection } from './open-redis.ts'
import { scripts } from './scripts.ts'

/** Challenges and enrollments in Redis: every method is one script. */
export function makeRedisCodeStore({ run }: RedisConnection): CodeStore {
  return {
    async open({ binding, code, sameness, pendingMs }) {
      const [outcome, record] = await run(scripts.openCode, codeKeys(binding), [
        pointerField(binding.purpose, binding.loginDigest),
        binding.loginDigest,
        sameness,
        JSON.stringify(binding),
        ...codeArguments(code),
        pendingMs ?? '',
      ])
      return { outcome, record }
    },

    async renew(ref, code) {
      const reply = await run(scripts.renewCode, codeKeys(ref), codeArguments(code))
      if (reply[0] === 'missing') return { outcome: 'missing' }
      if (reply[0] === 'too_soon') return { outcome: 'too_soon', record: reply[1], retryAt: reply[2] }
      if (reply[0] === 'renewed') return { outcome: 'renewed', record: reply[1], sendNo: reply[2] }
      return { outcome: reply[0], record: reply[1] }
    },

    async noteSend(ref, sendNo, outcome) {
      await run(scripts.noteSend, codeKeys(ref), [sendNo, outcome])
    },

    async spend(ref, loginDigest, attemptId) {
      const reply = await run(scripts.spendAttempt, codeKeys(ref), [loginDigest, attemptId])
      if (reply[0] === 'missing') return { outcome: 'missing' }
      if (reply[0] === 'over') return { outcome: 'over', record: reply[1] }
      return { outcome: 'spent', record: reply[1], codes: reply[2] }
    },

    async end(ref, status) {
      await run(scripts.endCode, codeKeys(ref), [status])
    },

    async read(ref) {
      const reply = await run(scripts.readCode, codeKeys(ref), [])
      return reply[0] === 'found' ? reply[1] : null
    },
  }
}

/** The code as the list of sends keeps it, and how long it lives. */
const codeArguments = ({ lifetimeMs, kid, digest, codeLength, target }: NewCode): [string, number] => [
  JSON.stringify({ kid, digest, codeLength, target }),
  lifetimeMs,
]
