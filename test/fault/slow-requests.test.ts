/** Requests that do not arrive, or arrive as something else: each is given up in time, with a problem document. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { httpApp } from '../support/http-app.ts'

let http: Awaited<ReturnType<typeof httpApp>>
let port: number
beforeAll(async () => {
  http = await httpApp()
  port = Number(new URL(await http.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => http?.app.close())

/** What comes back until the server closes the connection. */
async function sent(...pieces: string[]): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  for (const piece of pieces) socket.write(piece)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return { head, body }
}

const FORM = 'POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n'

it.concurrent.each([
  ['without the end of its headers', FORM, 408],
  ['without the end of its body', `${FORM}content-length: 99\r\n\r\ngrant`, 408],
  ['that is no HTTP', 'HELO mail.example.com\r\n\r\n', 400],
  ['with two lengths', `${FORM}content-length: 5\r\ncontent-length: 6\r\n\r\ngrant`, 400],
  [
    'with a length and chunks (SMUG-1)',
    `${FORM}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET`,
    400,
  ],
  ['with headers of 20 KB', `${FORM}x-long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
])('a request %s', async (_, request, status) => {
  const { head, body } = await sent(request)
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(head).toMatch(/content-type: application\/problem\+json/i)
  expect(JSON.parse(body)).toMatchObject({ status, code: 'invalid_request' })
})
