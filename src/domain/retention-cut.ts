/**
 * Whether the cut at which a chain begins can be one by retention. The tables do not say: who owns them can delete events
 * and write the checkpoint that retention would have left. What convicts him are heads that were exported before and are
 * younger than anything that retention may have deleted.
 */
import type { Anchor, ExportedHead } from './event-chain.ts'

/** Up to its position all events are gone. At position 0 there is none. */
export interface Cut extends Anchor {
  /** The day from which on events were kept; null: there is no cut. */
  keptFrom: string | null
}

const DAY_MS = 86_400_000

/** Events from this instant on are there, or were deleted by hand. A day is left to clocks that differ. Null `days`: all events are kept. */
export const keptSince = (now: Date, days: number | null): number =>
  days === null ? -Infinity : (Math.floor(now.getTime() / DAY_MS) - days + 1) * DAY_MS

/** What is wrong with a cut; `reached`: how far sealing has come. */
export function faultOfCut(
  cut: Cut,
  reached: Anchor,
  exported: ExportedHead[],
  since: number,
): 'cut_beyond_head' | 'cut_early' | null {
  if (cut.seq > reached.seq) return 'cut_beyond_head'
  // A cut that was there when its head was exported has been judged then, by the retention of then.
  if (cut.seq === 0 || exported.some(({ seq, at }) => seq === cut.seq && at === null)) return null
  const gone = exported.flatMap(({ seq, at }) => (seq <= cut.seq && at !== null ? [at] : []))
  // Whatever is no instant is not old either.
  return [cut.keptFrom ?? '', ...gone].every(at => Date.parse(at) <= since) ? null : 'cut_early'
}
