/** Makes all calls at once, while something is down. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from '../support/service.ts'
import type { Calls } from './calls.ts'
import type { CallName } from './outcomes.ts'

export interface Told {
  /** As in outcomes.ts. */
  outcomes: Record<string, string>
  /** ms that each call took. */
  took: Record<string, number>
  answers: Record<CallName, Answer>
}

/** ms between two calls, so that they wait together and not for this process. */
const APART_MS = 20

/** Makes all calls, each before the answers of the others. */
export async function runCalls({ run }: Calls): Promise<Told> {
  const told: Told = { outcomes: {}, took: {}, answers: {} as Told['answers'] }
  const ran = Object.entries(run).map(async ([name, call], index) => {
    await wait(index * APART_MS)
    const begun = performance.now()
    const answer = await call()
    told.took[name] = performance.now() - begun
    told.outcomes[name] = outcomeOf(answer)
    told.answers[name as CallName] = answer
  })
  await Promise.all(ran)
  return told
}

function outcomeOf({ status, body }: Answer): string {
  const problem = typeof body?.code === 'string' && body.code
  const word = problem || (body?.decision ?? body?.delivery?.status)
  const proved = body?.assertion && body.status
  const sent = body?.sendError?.code ?? body?.challenge?.delivery?.status
  return [status, word ?? proved ?? shownStatus(body), sent].filter(Boolean).join(' ')
}

/** Of a contact, as "Organization Details" shows it. */
const shownStatus = (body: { contactId?: string; status?: string } | undefined) => body?.contactId && body.status
