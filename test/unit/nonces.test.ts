/**
 * CRY-2: two texts sealed under one key with one nonce tell the key of their authentication, and what differs between them.
 * A file of its own: a million seals are half a minute, which mutation testing need not wait for.
 */
import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeSealedBox } from '../../src/adapters/node/sealed-box.ts'

it('CRY-2: a million sealed texts have a million nonces', { timeout: 600_000 }, () => {
  const box = makeSealedBox([{ kid: 'k', key: randomBytes(32) }], 'destination')
  const nonces = new Set<string>()
  for (let at = 0; at < 1_000_000; at++) {
    const bytes = Buffer.from(box.seal('+14155552671', 'x').slice('k.'.length), 'base64url')
    nonces.add(bytes.toString('latin1', 0, 12))
  }
  expect(nonces.size).toBe(1_000_000)
})
