import type { PortalId } from '../domain/ids.ts'
import { SEAL_BATCH, SEAL_BATCHES_MAX } from '../domain/limits.ts'
import type { Ports } from '../ports/ports.ts'
import { forEachPortal } from './for-each-portal.ts'

/** Seals what has been recorded since the last run. A run that is asked for during another is that other. */
export function makeSealEvents({ eventChain }: Pick<Ports, 'eventChain'>): () => Promise<void> {
  let running: Promise<void> | null = null

  /** No portal keeps the others waiting for ever; the rest is for the next run. */
  async function sealPortal(portalId: PortalId): Promise<void> {
    for (let batches = 0; batches < SEAL_BATCHES_MAX; batches++)
      if ((await eventChain.seal(portalId, SEAL_BATCH)) < SEAL_BATCH) return
  }

  const run = async () => forEachPortal(await eventChain.portalsToSeal(), sealPortal)

  return () => {
    running ??= run().finally(() => {
      running = null
    })
    return running
  }
}
