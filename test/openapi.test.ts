import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { access } from '../src/domain/caller.ts'
import { errorVocabulary } from '../src/domain/errors.ts'
import { errorsMarkdown } from '../src/http/pages/errors-page.ts'
import { openapiDocument } from '../src/openapi.ts'
import { declaredAnswers } from './support/declared-answers.ts'
import { httpApp } from './support/http-app.ts'

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
type JsonObject = { [member: string]: Json }
interface Media {
  schema: JsonObject
  example?: Json
  examples?: Record<string, { value?: Json; $ref?: string }>
}
interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: JsonObject[]
  'x-roles'?: string[]
  'x-compares-secret'?: boolean
  parameters?: { name: string; in: string; schema: JsonObject; example?: Json }[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}
interface Document {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonObject>; examples: Record<string, { value: Json }> }
}

/** Routes outside the contract of portals. */
const outside = ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/inbox']

let document: Document
let operations: { path: string; method: string; operation: Operation }[]

beforeAll(async () => {
  document = JSON.parse(await openapiDocument()) as Document
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
})

/** The schema with its references written out, as zod reads it. */
function validator(schema: Json): z.ZodType {
  const writeOut = (part: Json): Json => {
    if (Array.isArray(part)) return part.map(writeOut)
    if (part === null || typeof part !== 'object') return part
    const name = typeof part.$ref === 'string' ? part.$ref.split('/').at(-1) : undefined
    if (name) return writeOut(document.components.schemas[name] ?? null)
    const members = Object.entries(part).filter(
      ([member, value]) =>
        member !== 'example' &&
        member !== 'examples' &&
        // zod reads patterns without the u flag that JSON Schema means.
        !(member === 'pattern' && String(value).includes('\\p{')),
    )
    return Object.fromEntries(members.map(([member, value]) => [member, writeOut(value)]))
  }
  return z.fromJSONSchema(writeOut(schema) as Parameters<typeof z.fromJSONSchema>[0])
}

const expectValid = (place: string, schema: Json, example: Json | undefined) =>
  expect([place, validator(schema).safeParse(example).error?.issues ?? 'valid']).toEqual([place, 'valid'])

describe('the OpenAPI document', () => {
  it('is the committed one (npm run openapi)', async () => {
    const committed = (name: string) => readFile(new URL(`../openapi/${name}`, import.meta.url), 'utf8')
    expect((await committed('openapi.json')) === (await openapiDocument())).toBe(true)
    expect((await committed('errors.md')) === errorsMarkdown()).toBe(true)
  })

  it('passes the recommended rules of its linter without a warning', async () => {
    const root = fileURLToPath(new URL('..', import.meta.url))
    const { stdout } = await promisify(execFile)(
      'node_modules/.bin/redocly',
      ['lint', 'openapi/openapi.json', '--format', 'json'],
      {
        cwd: root,
        env: {
          PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
        },
      },
    )
    expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0, ignored: 0 } })
  })

  it('hangs on no environment', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers.map(({ url }) => url)).toEqual(['/'])
  })

  it('has every route but those outside the contract, and nothing else (L-09)', async () => {
    const { app } = await httpApp({}, { inbox: { messages: () => [] } })
    const tree = app.printRoutes({ commonPrefix: false, includeHooks: false })
    await app.close()
    const routes = flatten(tree).filter(
      ({ path }) => !outside.some(prefix => path === prefix || path.startsWith(`${prefix}/`)),
    )
    const written = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`)
    expect(routes.map(({ path, method }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted()).toEqual(
      written.toSorted(),
    )
    expect(written.length).toBeGreaterThan(25)
  })

  it('names operations after use cases: all of the access list, and those without a token', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(ids.toSorted()).toEqual([...Object.keys(access), 'issueToken', 'jwks'].toSorted())
    for (const { operation } of operations) {
      expect(operation['x-roles']).toEqual((access as Record<string, readonly string[]>)[operation.operationId])
      expect(operation.security.length > 0).toBe(operation.operationId !== 'jwks')
    }
  })

  it('tells an integrator what each operation is for', () => {
    for (const { operation } of operations) {
      expect(operation.summary.length).toBeGreaterThan(5)
      expect(operation.description.length).toBeGreaterThan(20)
      expect(operation.tags).toHaveLength(1)
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('Default Response')
    }
  })

  it('BRUTE-7: marks what compares a secret', () => {
    const marked = operations
      .filter(({ operation }) => operation['x-compares-secret'])
      .map(({ operation }) => operation.operationId)
    expect(marked.toSorted()).toEqual(['confirmEnrollment', 'issueToken', 'verifyChallenge'])
    const withCode = operations.filter(({ operation }) =>
      JSON.stringify(operation.requestBody ?? {}).includes('"code":{"type":"string"'),
    )
    expect(withCode.map(({ operation }) => operation.operationId).toSorted()).toEqual([
      'confirmEnrollment',
      'verifyChallenge',
    ])
  })

  it('declares for every operation a 2xx, a 4xx and a 503, every error as a problem with its codes', () => {
    const used = new Set<string>()
    for (const { operation } of operations) {
      const statuses = Object.keys(operation.responses)
      expect(statuses.some(status => status.startsWith('2'))).toBe(true)
      expect(statuses.some(status => status.startsWith('4'))).toBe(true)
      expect(statuses).toContain('503')
      for (const status of statuses.filter(status => Number(status) >= 400)) {
        const content = operation.responses[status]?.content ?? {}
        const tokenError = operation.operationId === 'issueToken' && (status === '400' || status === '401')
        expect(Object.keys(content)).toEqual([tokenError ? 'application/json' : 'application/problem+json'])
        const text = JSON.stringify(content)
        expect(text).toContain(`#/components/schemas/${tokenError ? 'TokenProblem' : 'Problem'}`)
        for (const code of Object.keys(errorVocabulary)) if (!tokenError && text.includes(`"${code}"`)) used.add(code)
      }
    }
    expect([...used].toSorted()).toEqual(Object.keys(errorVocabulary).toSorted())
  })

  it('holds no schema that nothing uses, and none twice (L-22)', () => {
    const text = JSON.stringify(document)
    for (const name of Object.keys(document.components.schemas)) {
      expect(text).toContain(`#/components/schemas/${name}"`)
      expect(name).not.toMatch(/Input$/)
    }
    for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name)
  })

  it('refuses unknown members in requests, and lets answers grow', () => {
    // RFC 6749 §3.2: the token endpoint ignores what it does not know.
    for (const { operation } of operations)
      for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {}))
        if (type.endsWith('json'))
          expect([operation.operationId, schema.additionalProperties]).toEqual([operation.operationId, false])
    for (const name of ['Challenge', 'Enrollment', 'Contact', 'Problem', 'Verified'])
      expect(document.components.schemas[name]).not.toHaveProperty('additionalProperties')
  })

  it('asks for a body only where it must have one', () => {
    const optional = operations.filter(({ operation }) => operation.requestBody?.required === false)
    expect(optional.map(({ operation }) => operation.operationId).toSorted()).toEqual([
      'changePortal',
      'changeSettings',
      'resendChallenge',
      'resendEnrollment',
      'resetContact',
      'rotateClientSecret',
    ])
  })

  it('has examples that are valid', () => {
    let checked = 0
    const check = (place: string, schema: Json, example: Json | undefined) => {
      expectValid(place, schema, example)
      checked++
    }
    const checkMedia = (place: string, media: Media) => {
      if (media.example !== undefined) check(place, media.schema, media.example)
      for (const [name, { value, $ref }] of Object.entries(media.examples ?? {}))
        check(
          `${place} ${name}`,
          media.schema,
          $ref ? document.components.examples[$ref.split('/').at(-1) ?? '']?.value : value,
        )
    }
    for (const { operation } of operations) {
      for (const { name, schema, example } of operation.parameters ?? [])
        if (example !== undefined) check(`${operation.operationId} ${name}`, schema, example)
      for (const media of Object.values(operation.requestBody?.content ?? {})) checkMedia(operation.operationId, media)
      for (const [status, { content }] of Object.entries(operation.responses))
        for (const media of Object.values(content ?? {})) checkMedia(`${operation.operationId} ${status}`, media)
    }
    for (const [name, schema] of Object.entries(document.components.schemas))
      for (const example of Array.isArray(schema.examples) ? schema.examples : []) check(name, schema, example)
    expect(checked).toBeGreaterThan(200)
  })

  it('has a validator that notices a wrong example', () => {
    const schema = document.components.schemas.Challenge ?? null
    expect(validator(schema).safeParse({ id: 'chl_x' }).success).toBe(false)
  })
})

describe('answers held against it', () => {
  it('pass when declared and throw when not', () => {
    const check = declaredAnswers(document)
    const path = '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify'
    check({ method: 'POST', path, status: 200, code: null })
    check({ method: 'post', path: `${path}?x=1`, status: 422, code: 'code_incorrect' })
    check({ method: 'POST', path: '/oauth/token', status: 401, code: 'invalid_client' })
    check({ method: 'GET', path: '/v1/nothing', status: 404, code: 'not_found' })
    check({ method: 'GET', path: '/health/ready', status: 503, code: null })
    for (const [status, code] of [
      [201, null],
      [422, 'destination_invalid'],
      [422, null],
      [200, 'code_incorrect'],
      [500, null],
    ] as const)
      expect(() => check({ method: 'POST', path, status, code })).toThrow(/not declared/)
    expect(() => check({ method: 'GET', path: '/v1/nothing', status: 200, code: null })).toThrow(/no such operation/)
  })
})

/** Paths and methods of Fastify's route tree. */
function flatten(tree: string): { path: string; method: string }[] {
  const routes: { path: string; method: string }[] = []
  const parents: string[] = []
  for (const line of tree.split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([│├└─\s]*)(\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (!part) continue
    const depth = indent.length / 4
    parents.length = depth - 1
    const path = `${parents.join('')}${part}`
    parents.push(part)
    for (const method of methods.split(', ').filter(Boolean)) routes.push({ path, method })
  }
  return routes
}
