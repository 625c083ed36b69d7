/** AUD-1: somebody cuts the chain on and on, so that a verification which begins anew after each cut never tells. */
import { expect, it } from 'vitest'
import { makeSystemClock } from '../../src/adapters/node/clock.ts'
import { CHAIN_START } from '../../src/domain/event-chain.ts'
import { portalIdSchema } from '../../src/domain/ids.ts'
import type { ChainReading } from '../../src/ports/event-chain.ts'
import { makeVerifyAudit } from '../../src/usecases/verify-audit.ts'

/** A chain that is cut so often, each time it is looked at; only then does it end where it should. */
function cutting(times: number): ChainReading {
  let looks = 0
  return {
    portals: async () => [],
    entries: async () => [],
    unsealed: async () => ({ last: null, waiting: 0, inserted: null }),
    async ends() {
      const seq = Math.min(looks++, times)
      const begin = { ...CHAIN_START, seq, keptFrom: '2020-01-01' }
      return { begin, head: { ...CHAIN_START, seq: times } }
    },
  }
}

const verdictOn = (chain: ChainReading) =>
  makeVerifyAudit({ chain, clock: makeSystemClock(), retentionDays: 5 })(portalIdSchema.parse('acme'), [])

it('AUD-1: a chain that never stops to be cut is told after so many readings', async () => {
  expect((await verdictOn(cutting(1e9))).finding).toMatchObject({ fault: 'tail_cut' })
})

it('one that retention cuts in the meantime is read anew', async () => {
  expect(await verdictOn(cutting(20))).toMatchObject({ finding: null, begin: { seq: 20 } })
})
