/**
 * BRUTE-7: the limit stands on one door and the secret is guessed at another. Every route that compares a secret says so in
 * the OpenAPI document, and each is run through the same brute force.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { type Answer, openEmbedded, type TestService } from '../support/service.ts'

type Schema = { [member: string]: unknown; properties?: Record<string, Schema>; $ref?: string }
interface Operation {
  operationId: string
  'x-compares-secret'?: boolean
  requestBody?: { content: Record<string, { schema: Schema }> }
  parameters?: { name: string }[]
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const SECRET = /^(?:code|otp|pin|passcode|answer|\w*(?:secret|password|recoverycode))$/i

/** Names of the texts that a caller may send, at any depth. */
function textsIn(schema: Schema, document: Document): string[] {
  const name = schema.$ref?.split('/').at(-1)
  if (name) return textsIn(document.components.schemas[name] ?? {}, document)
  const deeper = ['allOf', 'anyOf', 'oneOf'].flatMap(list => (schema[list] ?? []) as Schema[])
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([member, of]) =>
      of.type === 'string' ? [member] : textsIn(of, document),
    ),
    ...[...deeper, ...(schema.items ? [schema.items as Schema] : [])].flatMap(of => textsIn(of, document)),
  ]
}

const operationsOf = (document: Document): Operation[] => Object.values(document.paths).flatMap(Object.values)

const takesSecret = ({ requestBody, parameters = [] }: Operation, document: Document): boolean =>
  [
    ...parameters.map(({ name }) => name),
    ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => textsIn(schema, document)),
  ].some(name => SECRET.test(name))

const unmarked = (document: Document): string[] =>
  operationsOf(document)
    .filter(operation => takesSecret(operation, document) && !operation['x-compares-secret'])
    .map(({ operationId }) => operationId)

/** One secret, and the way to guess at it. */
interface Door {
  right: string
  wrong(at: number): string
  guess(secret: string): Promise<Answer>
  /** Guesses that are compared; null: no limit, since the secret has 256 bits. */
  compared: number | null
}

let service: TestService
let acme: TestPortal
let document: Document
beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
  document = service.openapi() as Document
})
afterAll(() => service.close())

const wrongCode = (right: string) => (at: number) => {
  const code = String(at).padStart(right.length, '0')
  return code === right ? wrong(code) : code
}

const doors: Record<string, () => Promise<Door>> = {
  async verifyChallenge() {
    const contactId = fresh('brute-7')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const guess = (code: string) => acme.verify(contactId, challenge, code)
    return { right: challenge.code, wrong: wrongCode(challenge.code), guess, compared: 5 }
  },
  async confirmEnrollment() {
    const [contactId, loginId, destination] = [fresh('brute-7'), fresh('login'), `${fresh('to')}@example.com`]
    const start = { organizationId: 'org', loginId, method: 'email', destination }
    const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
    const right = await acme.codeAt(destination)
    const path = `/v1/contacts/${contactId}/enrollments/${body.id}/confirm`
    const guess = (code: string) => acme.portal.post(path, { code, loginId })
    return { right, wrong: wrongCode(right), guess, compared: 5 }
  },
  async issueToken() {
    const { clientId, clientSecret } = acme.client
    const bent = (at: number) => {
      const bytes = Buffer.from(clientSecret, 'base64url')
      bytes[at % 32] = (bytes[at % 32] ?? 0) ^ (1 << (at % 8))
      return bytes.toString('base64url')
    }
    const guess = (secret: string) =>
      service.request('POST', '/oauth/token', {
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: secret,
        }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    return { right: clientSecret, wrong: bent, guess, compared: null }
  },
}

/** What a refusal tells, but for the counts that it is meant to tell and the number of the request. */
const told = ({ status, body }: Answer): string =>
  JSON.stringify([status, Object.keys(body).sort(), body.code ?? body.error])

const GUESSES = 60

describe('every route that compares a secret', () => {
  it('BRUTE-7: is marked, and a route that takes one without the mark would be seen', () => {
    expect(unmarked(document)).toEqual([])
    expect(operationsOf(document).length).toBeGreaterThan(25)
    const stripped = structuredClone(document)
    for (const operation of operationsOf(stripped)) delete operation['x-compares-secret']
    expect(unmarked(stripped).sort()).toEqual(Object.keys(doors).sort())
    const nested: Operation = {
      operationId: 'recover',
      requestBody: {
        content: {
          'application/json': { schema: { properties: { by: { properties: { otp: { type: 'string' } } } } } },
        },
      },
    }
    expect(unmarked({ ...document, paths: { '/v1/recover': { post: nested } } })).toEqual(['recover'])
  })

  it('BRUTE-7: is guessed at below, and no other', () => {
    const marked = operationsOf(document).filter(operation => operation['x-compares-secret'])
    expect(marked.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(doors).sort())
  })

  it.each(Object.keys(doors))(
    'BRUTE-7: %s never takes a wrong secret, and compares no more than it may',
    async name => {
      const door = await (doors[name] as () => Promise<Door>)()
      const answers: Answer[] = []
      for (let at = 0; at < GUESSES; at++) answers.push(await door.guess(door.wrong(at)))
      expect(answers.filter(({ status }) => status < 400)).toEqual([])
      const compared = answers.filter(({ body }) =>
        ['code_incorrect', 'invalid_client'].includes(body.code ?? body.error),
      )
      expect(compared).toHaveLength(door.compared ?? GUESSES)
      // Compared first, then none; and all of a kind look alike.
      expect(new Set(answers.slice(0, compared.length).map(told)).size).toBe(1)
      expect(new Set(answers.slice(compared.length).map(told)).size).toBe(door.compared === null ? 0 : 1)
      const late = await door.guess(door.right)
      // No limit of attempts for a client's secret: whoever knows its public id could lock the portal out.
      if (door.compared === null) {
        expect(late.status).toBe(200)
        expect(Buffer.from(door.right, 'base64url')).toHaveLength(32)
      } else expect(told(late)).toBe(told(answers.at(-1) as Answer))
    },
  )

  it.each(Object.keys(doors))('BRUTE-7: %s takes the right secret, which the refusals differ from', async name => {
    const door = await (doors[name] as () => Promise<Door>)()
    expect((await door.guess(door.wrong(1))).status).toBeGreaterThanOrEqual(400)
    expect((await door.guess(door.right)).status).toBe(200)
  })

  it('ENUM-1: the token endpoint says of an unknown, a revoked and a wrong client the same', async () => {
    const made = await acme.operator.post(`/v1/portals/${acme.portalId}/clients`, { name: 'Gone', roles: ['portal'] })
    await acme.operator.delete(`/v1/portals/${acme.portalId}/clients/${made.body.clientId}`)
    const ask = (client_id: string, client_secret: string) =>
      service.request('POST', '/oauth/token', {
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const answers = [
      await ask(acme.client.clientId, 'x'.repeat(43)),
      await ask(made.body.clientId, made.body.clientSecret),
      await ask(`cli_${'0'.repeat(22)}`, 'x'.repeat(43)),
      await ask('operator', 'x'.repeat(43)),
    ]
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1)
    expect(answers[0]?.status).toBe(401)
  })
})
