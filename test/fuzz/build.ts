/** The request that a step becomes in the world it meets. */
import { type ApiDocument, bodySchema, type Operation, type Parameter } from './document.ts'
import type { Draft } from './request.ts'
import type { Step, Values } from './steps.ts'
import { type Caller, choose, type Fact, recall, type World } from './world.ts'

export interface Built {
  draft: Draft
  fact: Fact
  caller: Caller | null
}

/** The valid request of a step. */
export function build({ resolve }: ApiDocument, operation: Operation, step: Step, world: World): Built {
  const schema = bodySchema(operation)
  const { properties = {}, required = [] } = schema ? resolve(schema) : {}
  const members = Object.keys(properties)
  const inPath = operation.parameters.filter(parameter => parameter.in === 'path').map(({ name }) => name)
  const { [step.forgotten]: _, ...fact } = recall(world, [...inPath, ...neededOf(members)], step.fact)
  const caller = choose(world, operation.roles, fact.portal, step.caller, step.stranger)
  const value = (name: string, drawn: unknown) => fact[name] ?? drawn
  const body = Object.fromEntries(
    Object.entries({ ...step.body, ...known(fact, members, operation.id) })
      .map(([name, drawn]) => [name, value(name, drawn)] as const)
      // What nobody has is refused: fine, but not where it may be left out.
      .filter(([, value]) => value !== undefined)
      .filter(([name]) => !OF_FACTS_ONLY.includes(name) || fact[name] !== undefined || required.includes(name)),
  )
  const given = ({ name }: Parameter) => name in step.parameters || fact[name] !== undefined
  const placed = (where: Parameter['in']) =>
    operation.parameters
      .filter(parameter => parameter.in === where && given(parameter))
      .map(({ name }): [string, string] => [name, String(value(name, step.parameters[name]))])
  const path = Object.fromEntries(placed('path'))
  const mediaTypes = Object.keys(operation.body?.content ?? {})
  const draft: Draft = {
    method: operation.method,
    segments: operation.template
      .slice(1)
      .split('/')
      .map(part => path[part.slice(1, -1)] ?? part),
    query: placed('query').map(([name, given]) => [name, encodeURIComponent(given)]),
    headers: [
      ...(caller ? [['authorization', `Bearer ${caller.token}`] as [string, string]] : []),
      ...placed('header'),
    ],
    mediaType: mediaTypes[step.mediaType % mediaTypes.length] ?? null,
    body: operation.body ? body : undefined,
  }
  return { draft, fact, caller }
}

/** Optional members whose value only an earlier answer can give. */
const OF_FACTS_ONLY = ['factorId', 'assertion']

/** What makes the difference between one fact and another. */
const neededOf = (members: string[]): string[] =>
  members.filter(name => ['code', 'assertion', 'client_secret', 'If-Match', 'cursor'].includes(name))

/** Optional members that a call makes no sense without, where the fact knows them. */
function known(fact: Fact, members: string[], operation: string): Values {
  const names = operation === 'issueToken' ? ['client_id', 'client_secret'] : ['assertion']
  return Object.fromEntries(names.filter(name => members.includes(name) && fact[name]).map(name => [name, fact[name]]))
}
