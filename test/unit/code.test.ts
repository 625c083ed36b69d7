/** What a code is bound to, and how two digests are compared. */
import { describe, expect, it } from 'vitest'
import { boundCode, type CodeBinding, sameDigest } from '../../src/domain/code.ts'
import type { ContactId, PortalId } from '../../src/domain/ids.ts'
import { newChallenge, newChallengeId } from '../contract/sample-codes.ts'
import { factorIdOf } from '../support/sample-snapshot.ts'

// A code of one login, contact, portal or purpose, entered at another: its hash must not fit there.
describe('I4: the bound text of a code', () => {
  const { binding } = newChallenge()
  const text = boundCode(binding, factorIdOf('a'), '012345')

  it.each<[string, Partial<CodeBinding>]>([
    ['portal', { portalId: 'other' as PortalId }],
    ['contact', { contactId: 'other' as ContactId }],
    ['purpose', { purpose: 'change_factor' }],
    ['epoch', { epoch: binding.epoch + 1 }],
    ['challenge', { codeId: newChallengeId() }],
    ['login', { loginDigest: 'other' }],
  ])('is another one for another %s', (_, change) => {
    expect(boundCode({ ...binding, ...change }, factorIdOf('a'), '012345')).not.toBe(text)
  })

  it('is another one for another factor or code', () => {
    expect(boundCode(binding, factorIdOf('b'), '012345')).not.toBe(text)
    expect(boundCode(binding, factorIdOf('a'), '12345')).not.toBe(text)
  })

  it('keeps its parts apart by a character that no id has, so that nothing moves from one part to the next', () => {
    expect(text.split('|')).toEqual([
      binding.portalId,
      binding.contactId,
      factorIdOf('a'),
      'login',
      '3',
      binding.codeId,
      binding.loginDigest,
      '012345',
    ])
  })
})

describe('two digests', () => {
  it('are the same only in every byte and in length', () => {
    expect(sameDigest('abc', 'abc')).toBe(true)
    for (const other of ['abd', 'Abc', 'ab', 'abcd', '']) expect(sameDigest('abc', other), other).toBe(false)
    for (const other of ['ab', 'abcd', '']) expect(sameDigest(other, 'abc'), other).toBe(false)
  })
})
