/** Keyed hashes and seals: what they hang on, and what rotation leaves as it was. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { deriveKey, makeSealedBox } from '../../src/adapters/node/sealed-box.ts'
import { openSecrecy } from '../../src/adapters/node/secrecy.ts'
import type { Secrecy } from '../../src/ports/secrecy.ts'
import { type MemoryKeyRing, makeMemoryKeyRing } from '../support/memory-key-ring.ts'
import { now } from '../support/sample-snapshot.ts'

const [old, current] = [
  { kid: 'k1', key: randomBytes(32) },
  { kid: 'k2', key: randomBytes(32) },
]
let ring: MemoryKeyRing
/** Over one database, before and after a rotation of the master keys; and over another database. */
let before: Secrecy
let secrecy: Secrecy
let elsewhere: Secrecy
beforeEach(async () => {
  ring = makeMemoryKeyRing(() => now)
  before = await openSecrecy([old], ring)
  secrecy = await openSecrecy([current, old], ring)
  elsewhere = await openSecrecy(
    [current],
    makeMemoryKeyRing(() => now),
  )
})

const context = { portalId: 'acme', contactId: 'c1', factorId: 'f1' }
const DIGEST = /^[A-Za-z0-9_-]{43}$/

describe('a destination', () => {
  it.each([
    ['portal', { portalId: 'other' }],
    ['contact', { contactId: 'c2' }],
    ['factor', { factorId: 'f2' }],
  ])('opens for its own contact and factor, never for another %s', (_, change) => {
    const sealed = secrecy.seal('+15550100', context)
    expect(secrecy.open(sealed, context)).toBe('+15550100')
    expect(() => secrecy.open(sealed, { ...context, ...change })).toThrow()
  })

  it('does not open where a part has moved from one id to the next', () => {
    const sealed = secrecy.seal('+15550100', context)
    expect(() => secrecy.open(sealed, { ...context, portalId: 'acmec', contactId: '1' })).toThrow()
  })

  it('sealed before a rotation opens after it', () => {
    expect(secrecy.open(before.seal('+15550100', context), context)).toBe('+15550100')
  })

  it('is no answer, nor an answer a destination', () => {
    expect(() => secrecy.openAnswer(secrecy.seal('x', context), 'acme|c1|f1')).toThrow()
    const answer = secrecy.sealAnswer('{"status":201}', 'scope')
    expect(secrecy.openAnswer(answer, 'scope')).toBe('{"status":201}')
    expect(() => secrecy.openAnswer(answer, 'other scope')).toThrow()
    expect(() => secrecy.open(secrecy.sealAnswer('x', 'acme|c1|f1'), context)).toThrow()
  })
})

// What is stored outlives this code: another purpose, or another order of the ids, and no factor would open any more.
describe('what is stored', () => {
  it('is sealed under the keys of these purposes, and bound to these texts', () => {
    const open = (purpose: string, sealed: string, bound: string) =>
      makeSealedBox([current], purpose).open(sealed, bound).toString()
    expect(open('destination', secrecy.seal('+15550100', context), 'acme|c1|f1')).toBe('+15550100')
    expect(open('answer', secrecy.sealAnswer('{}', 'scope'), 'scope')).toBe('{}')
    expect(makeSealedBox([old], 'wrap').open(ring.keys[0]?.wrapped ?? '', 'index')).toHaveLength(32)
  })

  it('is hashed with these texts and keys', () => {
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url')
    const indexKey = makeSealedBox([old], 'wrap').open(ring.keys[0]?.wrapped ?? '', 'index')
    expect(secrecy.index('+15550100')).toBe(hmac(indexKey, 'destination|+15550100'))
    expect(secrecy.digest('login', 'l1')).toBe(hmac(indexKey, 'login|l1'))
    expect(secrecy.codeDigest('bound')?.digest).toBe(hmac(deriveKey(current, 'code'), 'bound'))
  })
})

describe('an index or digest', () => {
  it('is the same on every instance and under every master key, and another in another database', () => {
    expect(secrecy.index('+15550100')).toMatch(DIGEST)
    expect(secrecy.index('+15550100')).toBe(before.index('+15550100'))
    expect(secrecy.digest('login', 'l1')).toBe(before.digest('login', 'l1'))
    expect(secrecy.index('+15550100')).not.toBe(elsewhere.index('+15550100'))
  })

  it('is of one value and one purpose', () => {
    const purposes = ['login', 'scope', 'body', 'attempt'] as const
    const all = [secrecy.index('v'), secrecy.index('w'), ...purposes.map(purpose => secrecy.digest(purpose, 'v'))]
    expect(new Set(all).size).toBe(all.length)
    for (const digest of all) expect(digest).toMatch(DIGEST)
  })

  it('is made with a key that the database keeps wrapped, once', () => {
    expect(ring.keys.map(({ purpose, generation }) => [purpose, generation])).toEqual([['index', 1]])
  })

  it('needs the master key that the stored key was wrapped under', async () => {
    await expect(openSecrecy([current], ring)).rejects.toThrow('not among the master keys')
  })
})

describe('the digest of a code', () => {
  it('names its pepper, the current one unless another is asked for', () => {
    expect(secrecy.codeDigest('bound')).toEqual({ kid: 'k2', digest: expect.stringMatching(DIGEST) })
    expect(secrecy.codeDigest('bound')).toEqual(secrecy.codeDigest('bound', 'k2'))
    expect(secrecy.codeDigest('bound', 'k1')).toEqual(before.codeDigest('bound'))
    expect(secrecy.codeDigest('bound', 'k1')?.digest).not.toBe(secrecy.codeDigest('bound')?.digest)
    expect(secrecy.codeDigest('other')?.digest).not.toBe(secrecy.codeDigest('bound')?.digest)
  })

  it('is none under a pepper that is gone', () => {
    expect(before.codeDigest('bound', 'k2')).toBeNull()
    expect(before.codeDigest('bound', '')).toBeNull()
  })

  it('is another under another master key, whatever the database holds', () => {
    expect(elsewhere.codeDigest('bound')).toEqual(secrecy.codeDigest('bound'))
    expect(before.codeDigest('bound')?.digest).not.toBe(elsewhere.codeDigest('bound')?.digest)
  })
})

it('needs a master key', async () => {
  await expect(openSecrecy([], ring)).rejects.toThrow('no master key')
})

it('the hash of a client secret is SHA-256, which is enough for 256 random bits', () => {
  expect(secrecy.secretHash('secret')).toBe(createHash('sha256').update('secret').digest('base64url'))
  expect(secrecy.secretHash('secret')).not.toBe(secrecy.secretHash('Secret'))
})
