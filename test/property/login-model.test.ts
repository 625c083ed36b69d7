/**
 * The login state machine against its invariants: random interleavings of every call, on the embedded adapters.
 * The model is what may be said from outside: who is enrolled by what was confirmed, and what must be void by now.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { openEmbedded, type TestService } from '../support/service.ts'

let service: TestService
beforeAll(async () => {
  service = await openEmbedded()
})
afterAll(() => service.close())

/** A challenge or enrollment, with what it was made under. */
interface Pending {
  kind: 'challenge' | 'enrollment'
  id: string
  contact: number
  loginId: string
  destination: string
  code: string
  method: string
  /** Anything that makes it void raises this of its contact, its method, or all. */
  stamp: string
  verdicts: number
  successes: number
}

interface Model {
  enabled: boolean
  methods: string[]
  optOut: boolean
  epoch: number
  methodEpochs: Record<string, number>
  contacts: {
    name: string
    tickets: number
    factors: Record<string, { epoch: number; destination: string }>
    skipEpoch: number | null
  }[]
  pending: Pending[]
}

const kinds = [
  'decide',
  'enroll',
  'challenge',
  'resend',
  'right',
  'right',
  'right',
  'wrong',
  'reuse',
  'skip',
  'enable',
  'reset',
  'off',
  'on',
  'optOut',
  'removeMethod',
  'allowMethod',
  'wait',
] as const

const step = fc.record({
  kind: fc.constantFrom(...kinds),
  contact: fc.nat(1),
  pick: fc.nat(20),
  method: fc.constantFrom('sms', 'email'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const counts = (model: Model, method: string, epoch: number): boolean =>
  model.methods.includes(method) && epoch >= (model.methodEpochs[method] ?? 0)

const enrolled = (model: Model, at: number): boolean =>
  Object.entries(model.contacts[at]?.factors ?? {}).some(([method, { epoch }]) => counts(model, method, epoch))

let numbers = 0
const destinationFor = (method: string): string =>
  method === 'sms'
    ? `+1${['202', '303', '404', '505', '606', '707'][numbers % 6]}555${String(1000 + (numbers++ % 9000))}`
    : `${fresh('m')}@example.com`

async function run(portal: TestPortal, model: Model, { kind, contact: at, pick, method }: Step): Promise<void> {
  const contact = model.contacts[at]
  if (!contact) return
  const base = `/v1/contacts/${contact.name}`
  const chosen = model.pending.length > 0 ? model.pending[pick % model.pending.length] : undefined
  switch (kind) {
    case 'decide':
      return
    case 'enroll': {
      const [loginId, destination] = [fresh('login'), destinationFor(method)]
      const { status, body } = await portal.portal.post(`${base}/enrollments`, {
        organizationId: 'org',
        loginId,
        method,
        destination,
      })
      if (status === 201) {
        // I6: an enrolled contact never comes here without a step-up.
        expect(enrolled(model, at)).toBe(false)
        expect(model.enabled && model.methods.includes(method)).toBe(true)
        const stamp = `${model.epoch}/${contact.tickets}`
        model.pending.push({
          kind: 'enrollment',
          id: body.id,
          contact: at,
          loginId,
          destination,
          code: await portal.codeAt(destination),
          method,
          stamp,
          verdicts: 0,
          successes: 0,
        })
      }
      return
    }
    case 'challenge': {
      const loginId = fresh('login')
      const { status, body } = await portal.portal.post(`${base}/challenges`, { loginId })
      if (status === 201) {
        expect(model.enabled && enrolled(model, at)).toBe(true)
        const { destination = '' } = contact.factors[body.method] ?? {}
        model.pending.push({
          kind: 'challenge',
          id: body.id,
          contact: at,
          loginId,
          destination,
          code: await portal.codeAt(destination),
          method: body.method,
          stamp: `${model.epoch}/${contact.tickets}`,
          verdicts: 0,
          successes: 0,
        })
      }
      return
    }
    case 'resend': {
      if (!chosen) return
      service.advance(61)
      const path = `/v1/contacts/${model.contacts[chosen.contact]?.name}/${chosen.kind}s/${chosen.id}/resend`
      if ((await portal.portal.post(path, {})).status === 200) chosen.code = await portal.codeAt(chosen.destination)
      return
    }
    case 'right':
    case 'wrong':
    case 'reuse':
      return chosen && guess(portal, model, chosen, kind === 'wrong' ? wrong(chosen.code) : chosen.code)
    case 'skip': {
      const { status } = await portal.portal.post(`${base}/skip`, { organizationId: 'org' })
      if (status === 200) {
        expect(model.enabled && model.optOut && !enrolled(model, at)).toBe(true)
        contact.skipEpoch = model.epoch
      }
      return
    }
    case 'enable':
      if ((await portal.portal.post(`${base}/enable`, { organizationId: 'org' })).status === 200)
        contact.skipEpoch = null
      return
    case 'reset':
      if ((await portal.masterAdmin.post(`${base}/reset`, {})).status === 200)
        Object.assign(contact, { factors: {}, skipEpoch: null, tickets: contact.tickets + 1 })
      return
    case 'off':
    case 'on': {
      const turnedOn = kind === 'on' && !model.enabled
      const { status, body } = await portal.settings({
        enabled: kind === 'on',
        methods: kind === 'on' && model.methods.length === 0 ? ['sms'] : model.methods,
      })
      expect(status).toBe(200)
      model.enabled = kind === 'on'
      model.epoch = body.epoch
      if (turnedOn) {
        for (const name of ['sms', 'email']) model.methodEpochs[name] = body.epoch
        for (const one of model.contacts) one.skipEpoch = null
      }
      return
    }
    case 'optOut':
      model.optOut = !model.optOut
      expect((await portal.settings({ optOut: { allowed: model.optOut } })).status).toBe(200)
      return
    case 'removeMethod':
    case 'allowMethod': {
      const rest = model.methods.filter(name => name !== method)
      const methods = kind === 'allowMethod' ? [...rest, method] : rest
      if (methods.length === 0) return
      const comesBack = kind === 'allowMethod' && !model.methods.includes(method)
      const { status, body } = await portal.settings({ methods })
      expect(status).toBe(200)
      model.methods = methods
      model.epoch = body.epoch
      if (comesBack) model.methodEpochs[method] = body.epoch
      return
    }
    case 'wait':
      service.advance([31, 301, 601, 1801, 3601][pick % 5] ?? 31)
  }
}

async function guess(portal: TestPortal, model: Model, chosen: Pending, code: string): Promise<void> {
  const contact = model.contacts[chosen.contact]
  if (!contact) return
  const verb = chosen.kind === 'challenge' ? 'verify' : 'confirm'
  const { status, body } = await portal.portal.post(
    `/v1/contacts/${contact.name}/${chosen.kind}s/${chosen.id}/${verb}`,
    { code, loginId: chosen.loginId },
  )
  if (status === 422 || status === 200) chosen.verdicts++
  // I2: whatever resends came between.
  expect(chosen.verdicts).toBeLessThanOrEqual(5)
  if (status !== 200) return
  // I1, I4, I7
  expect(++chosen.successes).toBe(1)
  expect(code).toBe(chosen.code)
  expect(model.enabled).toBe(true)
  const [epoch = 0, tickets = 0] = chosen.stamp.split('/').map(Number)
  expect(counts(model, chosen.method, epoch)).toBe(true)
  if (chosen.kind === 'challenge') {
    expect(enrolled(model, chosen.contact)).toBe(true)
    return
  }
  expect(enrolled(model, chosen.contact)).toBe(false)
  expect(tickets).toBe(contact.tickets)
  contact.tickets++
  contact.skipEpoch = null
  contact.factors = { [chosen.method]: { epoch, destination: chosen.destination } }
  expect(body.factor.method).toBe(chosen.method)
}

/** I5, after every step: what the decision may be. */
async function check(portal: TestPortal, model: Model): Promise<void> {
  for (const [at, { name, skipEpoch }] of model.contacts.entries()) {
    const { body } = await portal.decide(name)
    const skipped = model.optOut && skipEpoch !== null
    const allowed = !model.enabled
      ? ['allow']
      : enrolled(model, at)
        ? ['challenge', 'deny']
        : skipped
          ? ['allow']
          : ['enroll', 'deny']
    expect(allowed).toContain(body.decision)
  }
}

it('holds I1, I2, I4, I5, I6 and I7 over random interleavings of every call', async () => {
  const runs = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async steps => {
    const portal = await openPortal(service, { enabled: true, optOut: { allowed: true } })
    const model: Model = {
      enabled: true,
      methods: ['sms', 'email'],
      optOut: true,
      epoch: 1,
      methodEpochs: { sms: 1, email: 1 },
      contacts: [fresh('model'), fresh('model')].map(name => ({ name, tickets: 0, factors: {}, skipEpoch: null })),
      pending: [],
    }
    for (const one of steps) {
      await run(portal, model, one)
      await check(portal, model)
    }
  })
  await fc.assert(runs, { numRuns: 60, endOnFailure: true })
})
