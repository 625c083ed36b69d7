import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpApp } from '../support/http-app.ts'

const GET = 'GET /health/live HTTP/1.1\r\n'
const HOST = 'host: mfa.test\r\n'
const END = 'connection: close\r\n\r\n'
const LEAK = '+12025550167'

describe('what Node would answer by itself', () => {
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp()
    await http.app.listen({ host: '127.0.0.1', port: 0 })
  })
  afterAll(() => http.app.close())

  async function answerTo(bytes: string) {
    const socket = connect((http.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.end(bytes, 'latin1')
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), requestId: /x-request-id: (\S+)/.exec(head)?.[1], head, body }
  }

  it.each([
    ['no HTTP', `${LEAK}\r\n\r\n`],
    ['an unknown method', `FOO /${LEAK} HTTP/1.1\r\n${HOST}${END}`],
    ['a line that is no header', `${GET}${HOST}${LEAK}\r\n${END}`],
    ['an octet that no path has', `GET /v1/contacts/\u00e9 HTTP/1.1\r\n${HOST}${END}`],
    ['headers without end', `${GET}${HOST}x-long: ${LEAK}${'x'.repeat(20_000)}\r\n${END}`],
    ['two lengths', `${GET}${HOST}content-length: 1\r\ncontent-length: 2\r\n${END}a`],
    ['no host', `${GET}${END}`],
  ])('answers %s with a problem document that repeats nothing', async (_, bytes) => {
    const { status, requestId, head, body } = await answerTo(bytes)
    expect(status).toBe(400)
    expect(head).toContain('content-type: application/problem+json; charset=utf-8')
    expect(head).toContain('cache-control: no-store')
    expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'invalid_request', requestId })
    expect(body + head + http.log.text()).not.toContain(LEAK)
  })

  it('serves who expects what nobody promised, and who is too old to name a host', async () => {
    expect((await answerTo(`${GET}${HOST}expect: ${LEAK}\r\n${END}`)).status).toBe(200)
    expect((await answerTo('GET /health/live HTTP/1.0\r\n\r\n')).status).toBe(200)
  })
})
