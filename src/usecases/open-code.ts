import type { OpenCode } from '../ports/code-store.ts'
import type { Ports } from '../ports/ports.ts'
import type { Placed } from './send-code.ts'

/**
 * Places the first code of a challenge or enrollment. When that fails it may have happened unseen, and the next start of the
 * same login would find it pending and send nothing: so it is taken back.
 */
export async function openCode({ codes }: Ports, opening: OpenCode): Promise<Placed> {
  try {
    const { outcome, record } = await codes.open(opening)
    return { record, sendNo: outcome === 'opened' ? 1 : null }
  } catch (error) {
    await codes.noteSend(opening.binding, 1, 'refused').catch(() => {})
    throw error
  }
}
