/** Requests as bytes on a real socket: what an HTTP client would never send. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accessToken, httpApp } from '../support/http-app.ts'

const PATH = '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify'
const GOOD = '{"code":"042917","loginId":"l"}'
const UNVALIDATED = '{"code":["042917"],"loginId":"l","destination":"x"}'

let http: Awaited<ReturnType<typeof httpApp>>
let port: number
let reached: unknown[]
beforeAll(async () => {
  http = await httpApp({
    verifyChallenge: async (_call, input) => {
      reached.push(input)
      return { status: 'verified', assertion: 'a.b.c' }
    },
  })
  await http.app.listen({ host: '127.0.0.1', port: 0 })
  port = (http.app.server.address() as AddressInfo).port
})
beforeEach(() => {
  reached = []
})
afterAll(() => http.app.close())

/** Sends bytes, and reads until the server closes; `connection: close` makes it. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  let said = ''
  socket.on('data', data => {
    said += data
  })
  // A server that has refused may reset what still comes.
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes, 'latin1')
  await once(socket, 'close')
  return said
}

const head = (...headers: string[]): string =>
  [
    `POST ${PATH} HTTP/1.1`,
    'host: mfa.test',
    `authorization: Bearer ${accessToken()}`,
    'connection: close',
    ...headers,
    '\r\n',
  ].join('\r\n')

const statuses = (said: string): number[] =>
  [...said.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))

const post = async (contentType: string | null, body: string): Promise<number> => {
  const type = contentType === null ? [] : [`content-type:${contentType}`]
  return statuses(await exchange(head(...type, `content-length: ${Buffer.byteLength(body)}`) + body))[0] ?? 0
}

describe('a request with two lengths', () => {
  const smuggled = 'GET /v1/settings HTTP/1.1\r\nhost: mfa.test\r\n\r\n'
  const chunked = `${GOOD.length.toString(16)}\r\n${GOOD}\r\n0\r\n\r\n`

  it('SMUG-1: in one way is one request, which is what the refusals below differ from', async () => {
    expect(await post(' application/json', GOOD)).toBe(200)
    const inChunks = head('content-type: application/json', 'transfer-encoding: chunked') + chunked
    expect(statuses(await exchange(inChunks))).toEqual([200])
    expect(reached).toHaveLength(2)
  })

  // SMUG-1: a proxy believes one length and the server the other; what lies between is a request of somebody else's.
  it.each([
    ['Content-Length and Transfer-Encoding', ['content-length: 4', 'transfer-encoding: chunked']],
    ['Transfer-Encoding and Content-Length', ['transfer-encoding: chunked', `content-length: ${chunked.length}`]],
    ['two Content-Lengths', ['content-length: 4', `content-length: ${GOOD.length}`]],
    ['a list of lengths', [`content-length: ${GOOD.length}, 4`]],
    ['a signed length', [`content-length: +${GOOD.length}`]],
    ['a negative length', ['content-length: -1']],
    ['a hexadecimal length', ['content-length: 0x1f']],
    ['chunked in another spelling', ['transfer-encoding: xchunked']],
    ['chunked not last', ['transfer-encoding: chunked, identity']],
    ['chunked behind a vertical tab', ['transfer-encoding:\x0bchunked']],
    ['a name with a space behind it', ['transfer-encoding : chunked']],
    ['a folded header', ['content-type: application/json,\r\n text/plain', 'content-length: 4']],
  ])('SMUG-1: is refused, and nothing behind it is answered: %s', async (_, lengths) => {
    const said = await exchange(head('content-type: application/json', ...lengths) + chunked + smuggled)
    expect(statuses(said)).toEqual([400])
    expect(reached).toEqual([])
  })

  it.each([
    ['a bare line feed between headers', 'GET /v1/settings HTTP/1.1\nhost: a\nx: y\n\n'],
    ['a control character in a header', 'GET /v1/settings HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n'],
    [
      'a chunk size with something behind it',
      `${head('content-type: application/json', 'transfer-encoding: chunked')}1\x0b\r\nx\r\n0\r\n\r\n`,
    ],
    [
      'a chunk without its end',
      `${head('content-type: application/json', 'transfer-encoding: chunked')}1\r\nxx\r\n0\r\n\r\n`,
    ],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['nonsense', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
  ])('SMUG-1: is refused where it is no HTTP/1.1: %s', async (_, bytes) => {
    expect(statuses(await exchange(bytes))).toEqual([400])
    expect(reached).toEqual([])
  })

  it('SMUG-1: is refused without a host', async () => {
    expect(statuses(await exchange('GET /v1/settings HTTP/1.1\r\nconnection: close\r\n\r\n'))).toEqual([400])
  })

  it('SMUG-1: is refused with headers beyond 16 KiB, in one or in many', async () => {
    const many = Array.from({ length: 2000 }, (_, n) => `x-${n}: aaaa`)
    for (const headers of [[`x-long: ${'a'.repeat(17_000)}`], many]) {
      const [status, ...more] = statuses(await exchange(head(...headers)))
      expect([400, 431]).toContain(status)
      expect(more).toEqual([])
    }
    expect(reached).toEqual([])
  })
})

describe('a content type on the wire', () => {
  const types = [
    ' application/json',
    '\tapplication/json',
    ' application/json\t',
    ' application/json\t; charset=utf-8',
    ' application/json ;a=b',
    ' application/json;',
    ' application/json;;',
    ' application/json; charset=utf-8',
    ' application/json; charset=utf-16',
    ' APPLICATION/JSON',
    ' Application/Json; foo="bar;baz"',
    '  application/json',
    ' application/json, text/plain',
    ' text/plain, application/json',
    ' application/json\x0b',
    ' application/\tjson',
    ' application /json',
    ' application/json+x',
    ' application/vnd.api+json',
    ' application/merge-patch+json',
    ' application/problem+json',
    ' text/json',
    ' text/plain',
    ' text/plain; a=application/json',
    ' application/x-www-form-urlencoded',
    ' multipart/form-data; boundary=application/json',
    ' application/octet-stream',
    ' */*',
    ' application',
    ' /',
    '',
    ' ',
    ' ;',
    ' "application/json"',
    ' application/json\xa0',
    ' \xefapplication/json',
  ]

  // INPUT-1: Fastify once let a tab or a space before the type choose the parser and skip the schema (CVE-2025-32442, CVE-2026-25223, CVE-2026-33806).
  it('INPUT-1: never brings a body to its use case that was not validated, whatever it is', async () => {
    for (const type of [...types, null]) {
      expect([400, 415], String(type)).toContain(await post(type, UNVALIDATED))
      expect(reached, String(type)).toEqual([])
    }
  })

  it('INPUT-1: lets a good body through as JSON alone, and then as the schema read it', async () => {
    const through: string[] = []
    for (const type of types) {
      const status = await post(type, GOOD)
      expect([200, 400, 415], type).toContain(status)
      if (status === 200) through.push(type)
    }
    expect(through).toContain(' application/json')
    for (const type of through) expect(type).toMatch(/^\s*application\/json(\s*;|\s*$)/i)
    expect(reached).toEqual(through.map(() => expect.objectContaining({ code: '042917', loginId: 'l' })))
  })

  it('INPUT-1: named twice is refused or read as JSON, never as two', async () => {
    for (const pair of [
      ['application/json', 'text/plain'],
      ['text/plain', 'application/json'],
    ]) {
      const headers = pair.map(type => `content-type: ${type}`)
      const said = await exchange(head(...headers, `content-length: ${UNVALIDATED.length}`) + UNVALIDATED)
      expect([400, 415]).toContain(statuses(said)[0])
    }
    expect(reached).toEqual([])
  })
})

it('INPUT-3: leaves no trace on any prototype after hostile headers, queries, paths and bodies', async () => {
  const hostile = ['__proto__', 'constructor', 'prototype', 'constructor.prototype', '__proto__[polluted]', 'toString']
  for (const name of hostile) {
    await exchange(
      `GET /v1/contacts?${name}=polluted HTTP/1.1\r\nhost: a\r\n${name}: polluted\r\nconnection: close\r\n\r\n`,
    )
    await exchange(`GET /v1/contacts/${name} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    for (const body of [`{"${name}":{"polluted":1}}`, `{"code":{"${name}":{"polluted":1}}}`])
      expect(await post(' application/json', body)).toBe(400)
  }
  expect(reached).toEqual([])
  expect({}).not.toHaveProperty('polluted')
  expect([]).not.toHaveProperty('polluted')
  expect(Object.keys(Object.prototype)).toEqual([])
})
