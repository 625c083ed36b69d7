import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorVocabulary } from '../../src/domain/errors.ts'
import { bearer, httpApp } from '../support/http-app.ts'

describe('running it', () => {
  let ready: boolean
  let unready: boolean
  let http: Awaited<ReturnType<typeof httpApp>>
  const markup = '<img src=x onerror=alert(1)>'
  beforeAll(async () => {
    http = await httpApp(
      {
        readiness: async () => ({ ready, checks: { postgres: 'ok', redis: ready ? 'ok' : 'down' } }),
        readContact: async () => {
          throw new Error('boom')
        },
        listMethods: () => ({ items: [] }),
      },
      {
        isUnready: () => unready,
        inbox: {
          messages: () => [
            {
              id: 'm1',
              channel: 'sms',
              to: '+12025550167',
              subject: null,
              text: markup,
              html: null,
              sentAt: new Date(0),
            },
          ],
        },
      },
    )
  })
  afterAll(() => http.app.close())

  const get = (url: string, headers = {}) => http.app.inject({ url, headers })

  it('is alive whatever is down, and ready only with everything up and not on its way out', async () => {
    ;[ready, unready] = [true, false]
    expect([(await get('/health/ready')).statusCode, (await get('/health/live')).statusCode]).toEqual([200, 200])
    ready = false
    const down = await get('/health/ready')
    expect([down.statusCode, down.json()]).toEqual([503, { ready: false, checks: { postgres: 'ok', redis: 'down' } }])
    expect((await get('/health/live')).statusCode).toBe(200)
    ;[ready, unready] = [true, true]
    expect((await get('/health/ready')).statusCode).toBe(503)
  })

  it('hands out metrics in the format of their maker', async () => {
    const answer = await get('/metrics')
    expect([answer.headers['content-type'], answer.body]).toEqual(['text/plain; version=0.0.4', 'up 1\n'])
  })

  it('LOG-1: logs one line a request, without address, query or header', async () => {
    const before = http.log.text().length
    await get('/v1/contacts/c-77?code=042917', bearer())
    const lines = http.log.text().slice(before).trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      method: 'GET',
      route: '/v1/contacts/:contactId',
      status: 400,
      portal: 'acme',
      clientId: 'cli_M5tVb1oE8yKq0WzJc7LsNg',
      requestId: expect.stringMatching(/^[\w-]{22}$/),
      ms: expect.any(Number),
    })
    // What is drawn, and what the machine is, may hold any digits.
    const { requestId, time, pid, hostname, ...said } = JSON.parse(lines[0] ?? '')
    expect(JSON.stringify(said)).not.toMatch(/042917|c-77|authorization|Bearer/i)
  })

  it('explains every error code at the address that problem documents name', async () => {
    const page = await get('/docs/errors')
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    for (const code of Object.keys(errorVocabulary)) expect(page.body).toContain(`id="${code}"`)
  })

  it('serves pages that load and run nothing but their own', async () => {
    for (const url of ['/docs/errors', '/inbox', '/docs', '/docs/']) {
      const page = await get(url)
      expect([url, page.statusCode]).toEqual([url, 200])
      const policy = String(page.headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/)
      expect(page.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
        'strict-transport-security': 'max-age=31536000',
      })
      expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//)
    }
  })

  it('serves the documentation from its own files', async () => {
    const page = await get('/docs')
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(match => String(match[1]))
    expect(assets.length).toBeGreaterThan(3)
    for (const asset of assets) expect([asset, (await get(asset)).statusCode]).toEqual([asset, 200])
    expect((await get('/openapi.json')).json().openapi).toBe('3.1.0')
  })

  it('hands inbox messages out as data, never as markup of the page', async () => {
    expect((await get('/inbox/messages')).json()).toEqual({
      messages: [
        {
          id: 'm1',
          channel: 'sms',
          to: '+12025550167',
          subject: null,
          text: markup,
          html: null,
          sentAt: '1970-01-01T00:00:00.000Z',
        },
      ],
    })
    expect((await get('/inbox')).body).not.toMatch(/innerHTML|insertAdjacent|document\.write/)
  })

  it('answers what still reaches it while it closes with a problem document (L-05)', async () => {
    const { app } = await httpApp()
    await app.close()
    const front = createServer((request, response) => app.routing(request, response))
    await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve))
    const { port } = front.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`)
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'unavailable' }])
    expect(answer.headers.get('connection')).toBe('close')
    expect(answer.headers.get('retry-after')).toBe('2')
    await new Promise(resolve => front.close(resolve))
  })
})
