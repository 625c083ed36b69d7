/** `rediss://`: encrypted, and only to a server whose certificate is good. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openRedis } from '../../src/adapters/redis/open-redis.ts'
import { freePort } from '../support/ports.ts'
import { type OwnRedis, startRedis } from '../support/redis.ts'

const trusted = getCACertificates('default')
let folder: string
let server: OwnRedis
let port: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portal-mfa-tls-'))
  const files = ['--tls-cert-file', at('cert'), '--tls-key-file', at('key'), '--tls-ca-cert-file', at('cert')]
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', at('key'), '-out', at('cert')]
  const named = ['-subj', '/CN=redis', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', ['req', ...made, ...named], { stdio: 'ignore' })
  port = await freePort()
  server = await startRedis({ options: ['--tls-port', `${port}`, '--tls-auth-clients', 'no', ...files] })
})
afterEach(async () => {
  setDefaultCACertificates(trusted)
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string): string => join(folder, name)

async function ping(host: string): Promise<string> {
  const redis = await openRedis({ urls: [`rediss://${host}:${port}`], cluster: false }, () => 0)
  const said = await redis.ping().then(
    () => 'pong',
    error => String(error.cause),
  )
  await redis.close()
  return said
}

it('refuses a certificate that nobody it trusts has signed', async () => {
  expect(await ping('localhost')).toMatch(/^Error: redis: /)
})

it('talks to a server whose certificate is trusted, under the name that it is for', async () => {
  setDefaultCACertificates([...trusted, readFileSync(at('cert'), 'utf8')])
  expect(await ping('localhost')).toBe('pong')
  expect(await ping('127.0.0.1')).toMatch(/^Error: redis: /)
})
