/** CRY-2: whoever can write to the database moves a sealed number to his own row, and has the codes sent to it. */
import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeSealedBox } from '../../src/adapters/node/sealed-box.ts'
import { openSecrecy } from '../../src/adapters/node/secrecy.ts'
import type { SealContext, Secrecy } from '../../src/ports/secrecy.ts'
import { makeMemoryKeyRing } from '../support/memory-key-ring.ts'

const masterKeys = [
  { kid: 'new', key: randomBytes(32) },
  { kid: 'old', key: randomBytes(32) },
]
const NUMBER = '+14155552671'
const mine = { portalId: 'acme', contactId: 'c1', factorId: 'fct_1' } as SealContext

let secrecy: Secrecy
beforeAll(async () => {
  secrecy = await openSecrecy(
    masterKeys,
    makeMemoryKeyRing(() => new Date()),
  )
})

describe('a sealed destination', () => {
  it('CRY-2: opens for the factor, contact and portal it was sealed for, and no other', () => {
    const sealed = secrecy.seal(NUMBER, mine)
    expect(secrecy.open(sealed, mine)).toBe(NUMBER)
    for (const other of [
      { ...mine, factorId: 'fct_2' },
      { ...mine, contactId: 'c2' },
      { ...mine, portalId: 'other' },
      // The same text, cut elsewhere.
      { portalId: 'acme|c1', contactId: 'fct_1', factorId: '' },
    ] as SealContext[])
      expect(() => secrecy.open(sealed, other)).toThrow()
  })

  it('CRY-2: does not open with any bit changed, cut short, or said to be under another key', () => {
    const sealed = secrecy.seal(NUMBER, mine)
    const [kid = '', text = ''] = sealed.split('.')
    const bytes = Buffer.from(text, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => secrecy.open(`${kid}.${changed.toString('base64url')}`, mine)).toThrow()
    }
    for (const end of [0, 1, 11, 12, 20, bytes.length - 1])
      expect(() => secrecy.open(`${kid}.${bytes.subarray(0, end).toString('base64url')}`, mine)).toThrow()
    for (const other of ['old', 'gone', '', '__proto__']) expect(() => secrecy.open(`${other}.${text}`, mine)).toThrow()
  })

  it('CRY-2: opens neither as an answer nor as a wrapped key: each purpose has a key of its own', () => {
    const scope = 'acme|c1|fct_1'
    expect(() => secrecy.openAnswer(secrecy.seal(NUMBER, mine), scope)).toThrow()
    expect(() => secrecy.open(secrecy.sealAnswer(NUMBER, scope), mine)).toThrow()
    expect(() => makeSealedBox(masterKeys, 'wrap').open(secrecy.seal(NUMBER, mine), scope)).toThrow()
  })

  it('CRY-2: has a nonce that no other one has', () => {
    const box = makeSealedBox(masterKeys, 'destination')
    const seals = Array.from({ length: 10_000 }, () => box.seal(NUMBER, 'x'))
    const nonces = new Set(seals.map(sealed => sealed.split('.')[1]?.slice(0, 16)))
    expect(nonces.size).toBe(seals.length)
  })
})

describe('a digest', () => {
  it('is of its purpose alone, and needs a key that no store holds', async () => {
    const other = await openSecrecy(
      masterKeys,
      makeMemoryKeyRing(() => new Date()),
    )
    const digests = [
      secrecy.index('x'),
      secrecy.digest('login', 'x'),
      secrecy.codeDigest('x')?.digest,
      secrecy.codeDigest('x', 'old')?.digest,
      secrecy.secretHash('x'),
    ]
    expect(new Set(digests).size).toBe(digests.length)
    expect(other.index('x')).not.toBe(secrecy.index('x'))
    expect(secrecy.codeDigest('x', 'gone')).toBeNull()
  })
})
