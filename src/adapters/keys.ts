/** What needs the master keys. */
import type { Config } from '../config.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeyRing } from '../ports/key-ring.ts'
import type { SealedDestinations } from '../ports/sealed-destinations.ts'
import { makeClientTokens } from './node/client-tokens.ts'
import { checkMasterKeys, openKeyRotation } from './node/key-rotation.ts'
import { openSecrecy } from './node/secrecy.ts'
import { openSigningKeys } from './node/signing-keys.ts'
import { accessTokenKeys, makeTokens } from './node/tokens.ts'

/** Rejects when the master keys are not those that the database was used with. */
export async function openKeys(
  { secrets: { masterKeys }, http: { publicUrl } }: Config,
  keyRing: KeyRing,
  destinations: SealedDestinations,
  clock: Clock,
) {
  await checkMasterKeys(masterKeys, keyRing, destinations)
  const signingKeys = await openSigningKeys(masterKeys, keyRing)
  const ports = {
    secrecy: await openSecrecy(masterKeys, keyRing),
    keyRotation: await openKeyRotation(masterKeys, keyRing),
    tokens: makeTokens(publicUrl, masterKeys, signingKeys, clock),
    clientTokens: makeClientTokens(publicUrl),
  }
  return { ports, signingKeys, accessTokenKeys: accessTokenKeys(masterKeys) }
}
