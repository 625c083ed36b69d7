/** The ES256 keys of assertions: drawn by the service, kept wrapped, published a day before they sign, kept while needed. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import type { KeyRing, WrappedKey } from '../../ports/key-ring.ts'
import { type MasterKey, makeSealedBox, type SealedBox } from './sealed-box.ts'

const PURPOSE = 'assertion'
const DAY_MS = 86_400_000
/** A key is in the JWKS this long before it signs, so that every cached copy has it by then. */
const PUBLISH_MS = DAY_MS
/** Age of the newest key at which the next one is drawn. */
const ROTATE_MS = 30 * DAY_MS
/** A key stays in the JWKS this long after the next one began to sign; an assertion lives 10 minutes at most. */
const KEEP_MS = DAY_MS

export interface SigningKey {
  kid: string
  privatePem: string
  publicPem: string
  publicJwk: JsonWebKey & { kid: string; use: 'sig'; alg: 'ES256' }
}

export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey
  /** Every key that a verifier may meet. */
  published(): SigningKey[]
  /** Reads the ring again, rotates where due. Rejects when the database does not answer; the keys at hand stay. */
  refresh(): Promise<void>
}

/**
 * Reads the ring, and draws the first key where there is none. Throws `unavailable` without the database, a plain Error
 * where no master key opens a key that is in use.
 */
export async function openSigningKeys(masterKeys: readonly MasterKey[], keyRing: KeyRing): Promise<SigningKeys> {
  const box = makeSealedBox(masterKeys, 'wrap')
  const known = new Map<number, SigningKey>()

  const unwrapped = (key: WrappedKey): SigningKey => {
    const found = known.get(key.generation) ?? signingKey(key, box)
    known.set(key.generation, found)
    return found
  }

  async function read(): Promise<{ signing: SigningKey; published: SigningKey[] }> {
    const { now, keys } = await keyRing.list(PURPOSE)
    const newest = keys.at(-1)
    if (!newest || now.getTime() - newest.createdAt.getTime() >= ROTATE_MS) {
      await keyRing.ensure(PURPOSE, (newest?.generation ?? 0) + 1, box.seal(drawPrivateKey(), PURPOSE))
      return read()
    }
    const alive = keysInUse(keys, now)
    const [oldest = newest] = alive
    if (oldest !== keys[0]) await keyRing.forget(PURPOSE, oldest.generation - 1)
    const signing = alive.findLast(key => begunToSign(key, now)) ?? oldest
    return { signing: unwrapped(signing), published: alive.map(unwrapped) }
  }

  let inUse = await read()
  return {
    current: () => inUse.signing,
    published: () => inUse.published,
    async refresh() {
      inUse = await read()
    },
  }
}

const begunToSign = (key: WrappedKey, now: Date): boolean => now.getTime() - key.createdAt.getTime() >= PUBLISH_MS

/** Drops keys whose successor has been signing for {@link KEEP_MS}. Oldest first. */
const keysInUse = (keys: WrappedKey[], now: Date): WrappedKey[] =>
  keys.filter((_, at) => {
    const next = keys[at + 1]
    return !next || now.getTime() - next.createdAt.getTime() < PUBLISH_MS + KEEP_MS
  })

const drawPrivateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function signingKey({ generation, wrapped }: WrappedKey, box: SealedBox): SigningKey {
  const privatePem = box.open(wrapped, PURPOSE).toString()
  const publicKey = createPublicKey(createPrivateKey(privatePem))
  const kid = `${PURPOSE}-${generation}`
  return {
    kid,
    privatePem,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' },
  }
}
