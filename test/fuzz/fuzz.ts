/** Sequences of calls over HTTP, drawn from the OpenAPI document, each held against the oracle; and what they have covered. */
import fc from 'fast-check'
import { OPERATOR_SECRET, type TestService } from '../support/service.ts'
import { type Built, build } from './build.ts'
import { breaksContract } from './contract-breach.ts'
import { type Coverage, makeCoverage } from './coverage.ts'
import { type Operation, readDocument } from './document.ts'
import type { Spoiled } from './mutation.ts'
import { mutations } from './mutations.ts'
import { newWorld } from './new-world.ts'
import { makeOracle } from './oracle.ts'
import { type Draft, type Request, render } from './request.ts'
import { type Step, stepsArbitrary } from './steps.ts'
import { changesBetween, type Stored, type Tables } from './tables.ts'
import { byFetch, bySocket, type WireAnswer } from './wire.ts'
import { learn, type World } from './world.ts'

export interface Fuzzer {
  /** Throws with the seed and the shortest sequence found that breaks a rule. */
  run(seed: number, milliseconds: number, path?: string): Promise<void>
  coverage: Coverage
}

const DAY = 86_400
const SEQUENCE_LEAST = 20
const SEQUENCE_MAX = 60
const RUNS_AT_ONCE = 2
/** For shrinking, from the first failure on. */
const SHRINK_MS = 60_000

export function makeFuzzer(service: TestService, ports: number[], tables: Tables): Fuzzer {
  const document = readDocument(service.openapi())
  const judge = makeOracle(document)
  const coverage = makeCoverage(document.operations)
  let turn = 0
  const port = () => ports[turn++ % ports.length] ?? 0

  const send = (request: Request, spoiled: Spoiled | null): Promise<WireAnswer | null> =>
    spoiled ? bySocket(port(), request, spoiled.mayHangUp ?? false) : byFetch(port(), request)

  /** What was stored for a day is forgotten in the background, and must not be taken for what a call has done. */
  async function afterJobs(): Promise<Stored> {
    await Promise.all(service.instances.map(instance => instance.runJobs()))
    return tables.read()
  }

  async function take(world: World, step: Step, stored: Stored): Promise<Stored> {
    let before = stored
    const operation = document.operations.find(({ id }) => id === step.operation) as Operation
    if (step.wait > 0) service.advance(step.wait)
    if (step.wait >= DAY) before = await afterJobs()
    const built = build(document, operation, step, world)
    const { draft: valid, caller } = built
    const spoiled = step.mutation && spoil(valid, step.mutation)
    const draft = { ...valid, ...spoiled }
    const request = render(draft)
    const answer = await send(request, spoiled)
    const after = await tables.read()
    if (!answer) {
      if (spoiled?.mayHangUp && changesBetween(before, after).length === 0) return after
      throw new Error(`${told(step, request)}\nwas not answered`)
    }
    const faults = judge({
      request,
      answer,
      mustBeRefused: spoiled?.refused ?? breaksContract(document, operation, draft, valid),
      secrets: secretsOf(draft, caller?.token),
      changes: changesBetween(before, after),
      portal: caller?.role === 'operator' ? undefined : caller?.portal,
    })
    if (faults.length > 0)
      throw new Error(
        `${told(step, request)}\nanswered ${answer.status} ${answer.text.slice(0, 500)}\n- ${faults.join('\n- ')}`,
      )
    coverage.note(operation, spoiled ? (step.mutation?.name ?? null) : null, answer)
    if (answer.status < 300 && !spoiled) await remember(world, operation, built, answer)
    return after
  }

  async function remember(world: World, operation: Operation, { draft, fact, caller }: Built, answer: WireAnswer) {
    const sends = /^(start|resend)|decideLogin/.test(operation.id)
    const [message] = sends ? await service.messages() : []
    const path = Object.fromEntries(
      operation.template
        .slice(1)
        .split('/')
        .map((part, at) => [part.slice(1, -1), draft.segments[at]]),
    )
    learn(
      world,
      {
        operation: operation.id,
        portal: caller?.portal,
        sent: { ...path, ...(draft.body as object) },
        body: answer.text && JSON.parse(answer.text),
        etag: answer.headers.get('etag'),
        code: message?.text.match(/\b\d{6,10}\b/)?.[0],
      },
      fact,
    )
  }

  const sequences = stepsArbitrary(document, SEQUENCE_LEAST, SEQUENCE_MAX)

  async function sequence(steps: Step[]): Promise<void> {
    // Past every window of the limits, which those in memory keep.
    service.advance(2 * DAY)
    await tables.clear()
    await Promise.all(service.instances.map(instance => instance.runJobs()))
    const world = await newWorld(service, OPERATOR_SECRET)
    let stored = await tables.read()
    for (const step of steps) stored = await take(world, step, stored)
  }

  return {
    coverage,
    async run(seed, milliseconds, path) {
      const end = performance.now() + milliseconds
      let brokenAt = Number.POSITIVE_INFINITY
      const property = fc.asyncProperty(sequences, async steps => {
        // Once it has shrunk for long enough, everything shorter counts as fine.
        if (performance.now() > brokenAt + SHRINK_MS) return
        try {
          await sequence(steps)
        } catch (error) {
          brokenAt = Math.min(brokenAt, performance.now())
          throw error
        }
      })
      // A few at a time, since a run that is interrupted goes on in the dark.
      if (path) return fc.assert(property, { seed, path })
      for (let at = seed; performance.now() < end; at++) await fc.assert(property, { seed: at, numRuns: RUNS_AT_ONCE })
    },
  }
}

function spoil(valid: Draft, { name, picks }: { name: string; picks: number[] }): Spoiled | null {
  let at = 0
  const draw = (below: number) => (picks[at++ % picks.length] ?? 0) % Math.max(1, below)
  return mutations[name]?.(valid, draw) ?? null
}

/** What a refusal must keep to itself. */
function secretsOf({ body }: Draft, token: string | undefined): string[] {
  const { code, destination, assertion, client_secret } = (body ?? {}) as Record<string, unknown>
  const long = [code, destination, assertion, client_secret, token]
  return long.filter(value => typeof value === 'string' && value.length >= 6) as string[]
}

const told = (step: Step, request: Request): string =>
  `${step.operation}${step.mutation ? ` (${step.mutation.name})` : ''}: ${request.method} ${request.target.slice(0, 300)} ${JSON.stringify(
    request.headers.map(([name, value]) => [name, value.slice(0, 60)]),
  )} ${request.body?.toString().slice(0, 400) ?? ''}`
