/** The life of a signing key to the millisecond: published a day before it signs, and a day after the next one does. */
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { makeSealedBox } from '../../src/adapters/node/sealed-box.ts'
import { openSigningKeys, type SigningKeys } from '../../src/adapters/node/signing-keys.ts'
import { makeMemoryKeyRing } from '../support/memory-key-ring.ts'

const DAY = 86_400_000
const masterKeys = [{ kid: 'k1', key: randomBytes(32) }]
const start = Date.parse('2026-05-01T12:00:00Z')

/** A ring on a clock that stands at so many ms after the first key was drawn. */
async function ringAt() {
  let at = start
  const ring = makeMemoryKeyRing(() => new Date(at))
  const keys = await openSigningKeys(masterKeys, ring)
  const to = async (ms: number): Promise<SigningKeys> => {
    at = start + ms
    await keys.refresh()
    return keys
  }
  return { ring, keys, to }
}

const kids = (keys: SigningKeys) => [keys.current().kid, keys.published().map(({ kid }) => kid)]

describe('signing keys', () => {
  it('begin with one, which signs at once because there is no other', async () => {
    const { keys, ring } = await ringAt()
    expect(kids(keys)).toEqual(['assertion-1', ['assertion-1']])
    expect(ring.keys).toHaveLength(1)
  })

  it('are followed by the next after 30 days, which is published for a day before it signs', async () => {
    const { to } = await ringAt()
    expect(kids(await to(30 * DAY - 1))).toEqual(['assertion-1', ['assertion-1']])
    expect(kids(await to(30 * DAY))).toEqual(['assertion-1', ['assertion-1', 'assertion-2']])
    expect(kids(await to(31 * DAY - 1))).toEqual(['assertion-1', ['assertion-1', 'assertion-2']])
    expect(kids(await to(31 * DAY))).toEqual(['assertion-2', ['assertion-1', 'assertion-2']])
  })

  it('stay published for a day after the next one began to sign, and are forgotten then', async () => {
    const { ring, to } = await ringAt()
    await to(30 * DAY)
    expect(kids(await to(32 * DAY - 1))).toEqual(['assertion-2', ['assertion-1', 'assertion-2']])
    expect(ring.keys.map(({ generation }) => generation)).toEqual([1, 2])
    expect(kids(await to(32 * DAY))).toEqual(['assertion-2', ['assertion-2']])
    expect(ring.keys.map(({ generation }) => generation)).toEqual([2])
    expect(kids(await to(60 * DAY))).toEqual(['assertion-2', ['assertion-2', 'assertion-3']])
  })

  it('are deleted from the database when there is one to delete, and not at each look', async () => {
    const { ring, to } = await ringAt()
    const forget = vi.spyOn(ring, 'forget')
    for (const day of [1, 2, 30, 31]) await to(day * DAY)
    expect(forget).not.toHaveBeenCalled()
    for (const day of [32, 33, 34]) await to(day * DAY)
    expect(forget.mock.calls).toEqual([['assertion', 1]])
  })

  it('sign with the newest that has begun, after a rest of months', async () => {
    const { to } = await ringAt()
    expect(kids(await to(200 * DAY))).toEqual(['assertion-1', ['assertion-1', 'assertion-2']])
    expect(kids(await to(202 * DAY))).toEqual(['assertion-2', ['assertion-2']])
  })

  it('are the same on every instance and after a restart', async () => {
    const { ring, keys, to } = await ringAt()
    await to(30 * DAY)
    const other = await openSigningKeys(masterKeys, ring)
    expect(other.published()).toEqual(keys.published())
    const same = keys.published()
    await keys.refresh()
    expect(keys.published().map((key, at) => key === same[at])).toEqual([true, true])
  })

  it('lie in the database under the master key only, and open under no other', async () => {
    const { ring } = await ringAt()
    const wrapped = ring.keys[0]?.wrapped ?? ''
    const pem = makeSealedBox(masterKeys, 'wrap').open(wrapped, 'assertion').toString()
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(wrapped).not.toContain('PRIVATE')
    await expect(openSigningKeys([{ kid: 'k1', key: randomBytes(32) }], ring)).rejects.toThrow()
  })

  it('stay at hand when the database does not answer', async () => {
    const { ring, keys } = await ringAt()
    const list = ring.list
    ring.list = () => Promise.reject(new Error('down'))
    await expect(keys.refresh()).rejects.toThrow('down')
    expect(kids(keys)).toEqual(['assertion-1', ['assertion-1']])
    ring.list = list
  })

  it('are ES256 pairs whose public half fits, and nothing private is in it', async () => {
    const { keys } = await ringAt()
    const { privatePem, publicPem, publicJwk, kid } = keys.current()
    expect(publicJwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      kid,
      use: 'sig',
      alg: 'ES256',
    })
    const signature = sign('sha256', Buffer.from('text'), createPrivateKey(privatePem))
    for (const key of [createPublicKey(publicPem), createPublicKey({ key: publicJwk, format: 'jwk' })])
      expect(verify('sha256', Buffer.from('text'), key, signature)).toBe(true)
    expect(publicPem).toMatch(/^-----BEGIN PUBLIC KEY-----/)
  })
})
