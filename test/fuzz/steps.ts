/** What is drawn for the calls of a sequence, before anything is known of the world they will meet. */
import fc from 'fast-check'
import { FORM_MUTATION } from './body-mutations.ts'
import { type ApiDocument, bodySchema, type Operation } from './document.ts'
import { mutations } from './mutations.ts'
import type { Draft } from './request.ts'
import { validValue } from './valid-values.ts'

export type Values = Record<string, unknown>

export interface Step {
  operation: string
  /** Values of parameters by name. */
  parameters: Values
  body: Values
  mediaType: number
  caller: number
  /** Any caller at all, or none. */
  stranger: boolean
  fact: number
  /** One thing of the fact that is not used, if it has it: a wrong code, another login, an organization of others. */
  forgotten: string
  /** Seconds that pass before. */
  wait: number
  mutation: { name: string; picks: number[] } | null
}

/** Calls that lead deep come often, and so do those that most conditions refuse. */
const weights: Record<string, number> = {
  issueToken: 10,
  startEnrollment: 8,
  confirmEnrollment: 8,
  startChallenge: 8,
  verifyChallenge: 8,
  decideLogin: 6,
  resendEnrollment: 4,
  resendChallenge: 4,
  removeFactor: 4,
  changeSettings: 6,
  listEvents: 8,
  listContacts: 4,
  listPortals: 4,
  listClients: 4,
}

const times = (count: number, call: string): string[] => Array(count).fill(call)

const ENROLL = ['startEnrollment', 'confirmEnrollment']
const STEP_UP = ['startChallenge', 'verifyChallenge']

/** Ways into the depth that chance alone seldom finds: calls with what the one before taught, `-` what is not used of it, or not waited for. */
const journeys: string[][] = [
  [...ENROLL, ...STEP_UP, ...ENROLL, ...STEP_UP, 'removeFactor'],
  [...ENROLL, ...STEP_UP, 'removeFactor', ...ENROLL],
  ['startEnrollment', 'readEnrollment', 'resendEnrollment', 'confirmEnrollment', 'readContact', 'resetContact'],
  [...ENROLL, 'startChallenge', 'readChallenge', 'resendChallenge', 'verifyChallenge', 'decideLogin', 'enableMfa'],
  ['startEnrollment', 'resendEnrollment-wait', 'confirmEnrollment-code', 'confirmEnrollment', 'skipEnrollment'],
  [...ENROLL, ...times(2, 'startChallenge').flatMap(start => [start, ...times(6, 'verifyChallenge-code')])],
  times(14, 'startEnrollment-loginId'),
  ['changePortal', 'decideLogin', 'decideLogin', 'changePortal'],
  ['decideLogin', 'skipEnrollment', 'readContact', 'enableMfa', 'eraseContact'],
]

/** Steps by chance, and now and then a journey; at least `least` of them. */
export function stepsArbitrary(document: ApiDocument, least: number, most: number): fc.Arbitrary<Step[]> {
  const of = new Map(document.operations.map(operation => [operation.id, stepOf(document, operation)]))
  const named = (id: string) => of.get(id) as fc.Arbitrary<Step>
  const any = fc.oneof(...[...of].map(([id, arbitrary]) => ({ weight: weights[id] ?? 2, arbitrary })))
  const journey = fc.oneof(
    ...journeys.map(calls =>
      fc.tuple(
        ...calls.map((call, at) => {
          const [id = '', forgotten = ''] = call.split('-')
          return named(id).map(asPlanned(at, forgotten))
        }),
      ),
    ),
  )
  const part = fc.oneof({ weight: 8, arbitrary: any.map(step => [step]) }, { weight: 1, arbitrary: journey })
  return fc.array(part, { minLength: least, maxLength: most, size: 'max' }).map(parts => parts.flat())
}

const asPlanned =
  (at: number, forgotten: string) =>
  (step: Step): Step => ({
    ...step,
    body: { ...step.body, ...plannedBody(step.operation, at) },
    ...(at > 0 ? { fact: 0 } : {}),
    stranger: false,
    forgotten,
    wait: step.operation.startsWith('resend') && forgotten !== 'wait' ? 31 : 0,
    mutation: null,
  })

/** The first enrollment is by SMS, the next by email; a portal is suspended, and in the end no more. */
function plannedBody(operation: string, at: number): Values {
  if (operation === 'startChallenge') return { purpose: 'change_factor' }
  if (operation === 'changePortal') return { suspended: at === 0, limits: undefined }
  if (operation !== 'startEnrollment') return {}
  return at === 0
    ? { method: 'sms', destination: '+12025550101', country: undefined }
    : { method: 'email', destination: 'eve@example.net', country: undefined }
}

const seldom = (one: number, of: number) => fc.integer({ min: 1, max: of }).map(drawn => drawn > of - one)

function stepOf({ resolve }: ApiDocument, operation: Operation): fc.Arbitrary<Step> {
  const schema = bodySchema(operation)
  const parameters = Object.fromEntries(
    operation.parameters.map(({ name, schema }) => [name, validValue(resolve, schema, name)]),
  )
  const required = operation.parameters.filter(parameter => parameter.required).map(({ name }) => name)
  const mutation = fc.record({
    name: fc.constantFrom(...applicable(operation)),
    picks: fc.array(fc.nat(9999), { minLength: 4, maxLength: 4 }),
  })
  return fc.record({
    operation: fc.constant(operation.id),
    parameters: fc.record(parameters, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<Values>,
    body: schema ? (validValue(resolve, schema) as fc.Arbitrary<Values>) : fc.constant({}),
    mediaType: fc.nat(1),
    caller: fc.nat(50),
    stranger: seldom(1, 8),
    fact: fc.nat(50),
    forgotten: fc.constantFrom('', '', '', '', 'code', 'code', 'loginId', 'organizationId', 'contactId', 'assertion'),
    wait: fc.constantFrom(...Array(12).fill(0), 31, 61, 301, 601, 1801, 3601, 90_000),
    mutation: fc.option(mutation, { freq: 2 }),
  })
}

/** Names of the mutations that find something to spoil in such a request. */
function applicable({ method, template, body, roles }: Operation): string[] {
  const sample: Draft = {
    method,
    segments: template.slice(1).split('/'),
    query: [],
    headers: roles ? [['authorization', 'Bearer x.y.z']] : [],
    mediaType: Object.keys(body?.content ?? {})[0] ?? null,
    body: body ? { name: 'value' } : undefined,
  }
  const found = Object.entries(mutations).flatMap(([name, mutate]) => (mutate(sample, () => 0) ? [name] : []))
  // One operation alone takes a form, so the form's turn has to come more often.
  return [...found, ...times(8, FORM_MUTATION).filter(name => found.includes(name))]
}
