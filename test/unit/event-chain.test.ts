import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CHAIN_START, chainHash } from '../../src/domain/event-chain.ts'

const event = {
  eventId: 'evt_1',
  at: '2026-03-01T09:30:00.123456Z',
  type: 'contact.reset',
  contactId: 'c-1',
  organizationId: null,
  actor: '{"role": "portal"}',
  requestId: 'req_1',
  details: '{"text": "Zoë"}',
  reasonHash: null,
}
const seal = { portalId: 'acme', seq: 1, sealedAt: '2026-03-01T09:30:05.000000Z' }

describe('AUD-1: the hash of a position', () => {
  it('is that of the specification, which others verify by: it never changes', () => {
    const canonical =
      '4:acme,1:1,27:2026-03-01T09:30:05.000000Z,5:evt_1,27:2026-03-01T09:30:00.123456Z,13:contact.reset,3:c-1,-,' +
      '18:{"role": "portal"},5:req_1,16:{"text": "Zoë"},-,'
    const hash = createHash('sha256').update(Buffer.alloc(32)).update(canonical).digest('hex')
    expect(chainHash(CHAIN_START.hash, seal, event)).toBe(hash)
  })

  it.each<[what: string, hash: string]>([
    ['what came before', chainHash('11'.repeat(32), seal, event)],
    ['the portal', chainHash(CHAIN_START.hash, { ...seal, portalId: 'globex' }, event)],
    ['the position', chainHash(CHAIN_START.hash, { ...seal, seq: 2 }, event)],
    ['the time of sealing', chainHash(CHAIN_START.hash, { ...seal, sealedAt: event.at }, event)],
    ...Object.keys(event).map(
      name => [name, chainHash(CHAIN_START.hash, seal, { ...event, [name]: 'x' })] as [string, string],
    ),
    [
      'the border of two members',
      chainHash(CHAIN_START.hash, seal, { ...event, type: 'contact.resetc', contactId: '-1' }),
    ],
    ['null against a text that looks like it', chainHash(CHAIN_START.hash, seal, { ...event, organizationId: '-' })],
    ['null against an empty text', chainHash(CHAIN_START.hash, seal, { ...event, organizationId: '' })],
  ])('covers %s', (_what, hash) => {
    expect(hash).not.toBe(chainHash(CHAIN_START.hash, seal, event))
  })
})
