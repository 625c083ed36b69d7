/** AES-256-GCM with a random 96-bit nonce, as one line of text: `<key id>.<base64url of nonce, ciphertext, tag>`. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface MasterKey {
  kid: string
  /** 32 bytes. */
  key: Buffer
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** A key of its own for each purpose (RFC 5869), so that none serves two. */
export const deriveKey = (master: MasterKey, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master.key, 'portal-mfa', purpose, KEY_BYTES))

/** The id of the key that a text is sealed under. */
export const keyIdOf = (sealed: string): string => sealed.slice(0, sealed.indexOf('.'))

export interface SealedBox {
  /** Seals under the first key. `bound` is authenticated, not stored: it must be the same when opening. */
  seal(plain: string | Buffer, bound: string): string
  /** Throws when text or `bound` differ from what was sealed, or the key is gone. */
  open(sealed: string, bound: string): Buffer
}

/** One box per purpose over all master keys; the first seals, all open. */
export function makeSealedBox(masterKeys: readonly MasterKey[], purpose: string): SealedBox {
  const keys = new Map(masterKeys.map(master => [master.kid, deriveKey(master, purpose)]))
  const current = masterKeys[0]
  if (!current) throw new Error('no master key')

  return {
    seal(plain, bound) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyOf(keys, current.kid), nonce).setAAD(Buffer.from(bound))
      const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      return `${current.kid}.${sealed.toString('base64url')}`
    },
    open(sealed, bound) {
      const bytes = Buffer.from(sealed.slice(sealed.indexOf('.') + 1), 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', keyOf(keys, keyIdOf(sealed)), bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(bound)).setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}

function keyOf(keys: Map<string, Buffer>, kid: string): Buffer {
  const key = keys.get(kid)
  if (!key) throw new Error('sealed under a key that is not among the master keys')
  return key
}
