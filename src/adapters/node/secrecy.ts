import { createHash, createHmac, randomBytes } from 'node:crypto'
import { unavailable } from '../../domain/errors.ts'
import type { KeyRing } from '../../ports/key-ring.ts'
import type { SealContext, Secrecy } from '../../ports/secrecy.ts'
import { deriveKey, type MasterKey, makeSealedBox } from './sealed-box.ts'

const INDEX = 'index'

/**
 * Keys by HKDF from the master keys, but for the index key: it is drawn once, by whichever instance comes first, and kept
 * wrapped in the database, so that a rotation of the master keys does not change what destinations and logins hash to.
 */
export async function openSecrecy(masterKeys: readonly MasterKey[], keyRing: KeyRing): Promise<Secrecy> {
  const wrap = makeSealedBox(masterKeys, 'wrap')
  const stored = await keyRing.ensure(INDEX, 1, wrap.seal(randomBytes(32), INDEX))
  const indexKey = wrap.open(stored.wrapped, INDEX)
  const destinations = makeSealedBox(masterKeys, 'destination')
  const answers = makeSealedBox(masterKeys, 'answer')
  const peppers = new Map(masterKeys.map(master => [master.kid, deriveKey(master, 'code')]))
  const currentPepper = masterKeys[0]?.kid ?? ''

  const index = (value: string): string => hmac(indexKey, value)
  return {
    seal: (plain, context) => destinations.seal(plain, boundTo(context)),
    open(sealed, context) {
      try {
        return destinations.open(sealed, boundTo(context)).toString()
      } catch (cause) {
        throw unavailable(cause)
      }
    },
    sealAnswer: (plain, scope) => answers.seal(plain, scope),
    openAnswer: (sealed, scope) => answers.open(sealed, scope).toString(),
    index: value => index(`destination|${value}`),
    digest: (purpose, value) => index(`${purpose}|${value}`),
    codeDigest(bound, kid = currentPepper) {
      const pepper = peppers.get(kid)
      return pepper ? { kid, digest: hmac(pepper, bound) } : null
    },
    secretHash: secret => createHash('sha256').update(secret).digest('base64url'),
  }
}

const boundTo = ({ portalId, contactId, factorId }: SealContext): string => `${portalId}|${contactId}|${factorId}`

const hmac = (key: Buffer, value: string): string => createHmac('sha256', key).update(value).digest('base64url')
