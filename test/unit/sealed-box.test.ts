/** Sealing: what opens, under which key, and that everything else throws. */
import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { deriveKey, makeSealedBox, type SealedBox } from '../../src/adapters/node/sealed-box.ts'

const [old, current] = [
  { kid: 'k1', key: randomBytes(32) },
  { kid: 'k2', key: randomBytes(32) },
]

let box: SealedBox
beforeEach(() => {
  box = makeSealedBox([current], 'destination')
})

describe('a sealed text', () => {
  it('opens for what it was bound to, bytes and letters alike', () => {
    expect(box.open(box.seal('+15550100', 'a|b'), 'a|b').toString()).toBe('+15550100')
    const bytes = randomBytes(100)
    expect(box.open(box.seal(bytes, ''), '')).toEqual(bytes)
    expect(box.open(box.seal('', 'bound'), 'bound')).toEqual(Buffer.alloc(0))
  })

  it('names its key, holds nonce and tag besides as many bytes as were sealed, and never looks the same twice', () => {
    const [one, two] = [box.seal('12345', 'b'), box.seal('12345', 'b')]
    expect(one).toMatch(/^k2\.[A-Za-z0-9_-]+$/)
    expect(Buffer.from(one.slice(3), 'base64url')).toHaveLength(12 + 5 + 16)
    expect(one.slice(0, 19)).not.toBe(two.slice(0, 19))
  })

  // CRY-1: a row of one contact pasted over another's, or a ciphertext that was changed a little.
  it('throws for another bound text, and when one bit of nonce, text or tag is another', () => {
    const sealed = box.seal('+15550100', 'acme|c1|f1')
    for (const bound of ['acme|c1|f2', 'acme|c1|f', '', 'acme|c1|f1 ']) expect(() => box.open(sealed, bound)).toThrow()
    const bytes = Buffer.from(sealed.slice(3), 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = Buffer.from(bytes)
      bent[at] = (bent[at] ?? 0) ^ 1
      expect(() => box.open(`k2.${bent.toString('base64url')}`, 'acme|c1|f1'), `${at}`).toThrow()
    }
  })

  // A short tag is a forged tag: with 4 bytes of it, one guess in 2^32 would open.
  it('throws with a tag that was cut, and when there is hardly anything', () => {
    const bytes = Buffer.from(box.seal('text', 'b').slice(3), 'base64url')
    const cut = (length: number) => () => box.open(`k2.${bytes.subarray(0, length).toString('base64url')}`, 'b')
    for (const length of [1, 4, 8, 12, 13, 14, 15]) expect(cut(length), `${length}`).toThrow('tag length')
    for (const length of [0, 16, 27, 28, bytes.length - 1]) expect(cut(length), `${length}`).toThrow()
    for (const text of ['', '.', 'k2', 'k2.', '.k2']) expect(() => box.open(text, 'b'), text).toThrow()
  })

  it('opens under every master key while it is there, and is sealed under the first', () => {
    const before = makeSealedBox([old], 'destination').seal('text', 'b')
    const both = makeSealedBox([current, old], 'destination')
    expect(both.open(before, 'b').toString()).toBe('text')
    expect(both.seal('text', 'b')).toMatch(/^k2\./)
    expect(() => box.open(before, 'b')).toThrow('not among the master keys')
    expect(() => box.open(before.replace('k1', 'k2'), 'b')).toThrow()
  })

  it('opens in no box of another purpose', () => {
    expect(() => makeSealedBox([current], 'answer').open(box.seal('text', 'b'), 'b')).toThrow()
  })

  it('needs a master key', () => {
    expect(() => makeSealedBox([], 'wrap')).toThrow('no master key')
  })
})

describe('a derived key', () => {
  // Made once by `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:00…1f -kdfopt salt:portal-mfa -kdfopt info:code HKDF`.
  it('is HKDF-SHA-256 of the master key, so that it stays what it was when this code changes', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at))
    expect(deriveKey({ kid: 'k', key }, 'code').toString('hex')).toBe(
      'b5798f6c8a3f235fcf82559361f0f0ecb742ad4192520215621f1d28c7562cef',
    )
  })

  it('is of 32 bytes, and of one purpose and master key', () => {
    const keys = [deriveKey(old, 'code'), deriveKey(old, 'wrap'), deriveKey(current, 'code')].map(key =>
      key.toString('hex'),
    )
    expect(new Set(keys).size).toBe(3)
    expect(keys.map(key => key.length)).toEqual([64, 64, 64])
  })
})
