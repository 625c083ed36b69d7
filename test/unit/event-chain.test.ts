import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CHAIN_START, type ChainEntry, chainHash, type Fault, follow, type Link } from '../../src/domain/event-chain.ts'
import { BACKDATED_SECONDS } from '../../src/domain/limits.ts'

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

describe('AUD-1: the next position', () => {
  const start: Link = { seq: 0, hash: CHAIN_START.hash, newestMs: -Infinity }
  const entry: ChainEntry = {
    ...seal,
    hash: chainHash(CHAIN_START.hash, seal, event),
    eventId: event.eventId,
    event,
    reason: 'intact',
    beyondHead: false,
  }
  const newestMs = Date.parse(event.at)
  const sealed = (other: typeof event) => ({ event: other, hash: chainHash(CHAIN_START.hash, seal, other) })

  it('is the next link, and remembers the latest event', () => {
    expect(follow(start, entry)).toEqual({ seq: 1, hash: entry.hash, newestMs })
    const later = newestMs + 1000
    expect(follow({ ...start, newestMs: later }, entry)).toEqual({ seq: 1, hash: entry.hash, newestMs: later })
  })

  it.each<[Fault, Partial<Link>, Partial<ChainEntry>]>([
    ['seal_removed', { seq: 1 }, {}],
    ['seal_removed', {}, { seq: 2, event: null }],
    ['event_removed', {}, { event: null }],
    ['event_changed', {}, { event: { ...event, requestId: 'req_2' } }],
    ['event_changed', { hash: '11'.repeat(32) }, {}],
    ['event_changed', {}, { hash: '11'.repeat(32), reason: 'changed' }],
    ['reason_changed', {}, { reason: 'changed', beyondHead: true }],
    ['event_backdated', { newestMs: newestMs + BACKDATED_SECONDS * 1000 + 1 }, { beyondHead: true }],
    ['event_backdated', {}, sealed({ ...event, at: 'infinity' })],
    ['event_backdated', {}, sealed({ ...event, at: '12026-03-01T09:30:00.123456Z' })],
    ['event_inserted', {}, { beyondHead: true }],
  ])('is %s', (fault, link, given) => {
    expect(follow({ ...start, ...link }, { ...entry, ...given })).toBe(fault)
  })

  it('may be older than those before by as much as transactions last', () => {
    const link = { ...start, newestMs: newestMs + BACKDATED_SECONDS * 1000 }
    expect(follow(link, entry)).toEqual({ seq: 1, hash: entry.hash, newestMs: link.newestMs })
  })
})
