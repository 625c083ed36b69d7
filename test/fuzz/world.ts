/** What one sequence of calls has learned: who can call, and which ids, codes and assertions belong together. */

/** Things that belong together: names of the document's parameters and members, with their values. */
export interface Fact {
  /** Portal whose caller may use it; absent: the operator. */
  portal?: string | undefined
  [name: string]: string | undefined
}

export interface Caller {
  role: string
  portal: string | undefined
  token: string
}

export interface World {
  callers: Caller[]
  /** Oldest first. */
  facts: Fact[]
}

/** What an answer of 2xx teaches. */
export interface Taught {
  operation: string
  portal: string | undefined
  /** Path parameters and members of the request. */
  sent: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the service said
  body: any
  etag: string | undefined
  /** The code of the newest message. */
  code: string | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

type Lesson = (taught: Taught, before: Fact) => Fact | undefined

const whose = ({ sent }: Taught, before: Fact): Fact => ({
  contactId: text(sent.contactId),
  organizationId: text(sent.organizationId) ?? before.organizationId,
  loginId: text(sent.loginId) ?? before.loginId,
  factorId: before.factorId,
})

const startedChallenge: Lesson = (taught, before) => ({
  ...whose(taught, before),
  challengeId: taught.body.id,
  code: taught.code,
})

const client: Lesson = ({ sent, body }) => ({
  portalId: text(sent.portalId),
  clientId: body.clientId,
  client_id: body.clientId,
  client_secret: body.clientSecret,
})

const nextPage: Lesson = ({ body }) => (body.nextCursor ? { cursor: body.nextCursor } : undefined)
const version: Lesson = ({ etag }) => ({ 'If-Match': etag })

const lessons: Record<string, Lesson> = {
  createPortal: ({ body }) => ({ portalId: body.portalId }),
  createClient: client,
  rotateClientSecret: client,
  startEnrollment: (taught, before) => ({
    ...whose(taught, before),
    enrollmentId: taught.body.id,
    code: taught.code,
  }),
  resendEnrollment: (taught, before) => ({ ...before, code: taught.code }),
  confirmEnrollment: (taught, before) => ({ ...whose(taught, before), factorId: taught.body.factor.factorId }),
  startChallenge: startedChallenge,
  decideLogin: (taught, before) =>
    taught.body.challenge
      ? startedChallenge({ ...taught, body: taught.body.challenge }, before)
      : whose(taught, before),
  resendChallenge: (taught, before) => ({ ...before, code: taught.code }),
  verifyChallenge: (taught, before) => ({ ...whose(taught, before), assertion: taught.body.assertion }),
  readContact: ({ body }) => ({
    contactId: body.contactId,
    organizationId: body.organizationId,
    factorId: body.factors[0]?.factorId,
  }),
  readSettings: version,
  changeSettings: version,
  listContacts: nextPage,
  // Not that of portals: in another list it would look like a second portal (TEN-2).
  listEvents: nextPage,
}

/** Keeps what an answer taught, as the newest fact. `before` is the fact that the call was made with. */
export function learn(world: World, taught: Taught, before: Fact): void {
  const fact = lessons[taught.operation]?.(taught, before)
  if (fact) world.facts.push({ portal: taught.portal, ...fact })
  if (taught.operation === 'issueToken') world.callers.push(callerOf(taught.body.access_token))
}

/** A token says whose it is. */
export function callerOf(token: string): Caller {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { role: claims.role, portal: claims.portal_id, token }
}

/** One of the newest facts that know the most of these names. */
export function recall({ facts }: World, names: string[], pick: number): Fact {
  const known = (fact: Fact) => names.filter(name => fact[name] !== undefined).length
  const most = Math.max(...facts.map(known))
  const best = facts.filter(fact => known(fact) === most)
  return best.at(-1 - (pick % Math.min(best.length, 4))) ?? {}
}

/** A caller who may make this call on that portal, or (`stranger`) any. */
export function choose(
  { callers }: World,
  roles: string[] | null,
  portal: string | undefined,
  pick: number,
  stranger: boolean,
) {
  if (roles === null) return null
  const fitting = callers.filter(caller => roles.includes(caller.role))
  const own = fitting.filter(caller => portal === undefined || caller.portal === portal)
  const from = stranger ? [...callers, null] : own.length > 0 ? own : fitting
  return from[pick % from.length] ?? null
}
