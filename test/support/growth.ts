/** Whether work takes longer than the length of its input explains: a ratio within one run, so that no machine is too slow for it. */

const FACTOR = 8
/** Rounds, of which the quickest counts: whatever else the machine does spoils some of them, never all. */
const ROUNDS = 20
/** What takes less is noise. */
const LEAST_MS = 0.1

/** How many times as long `work` takes at `length` as at an eighth of it: 8 at most where its time is linear, 64 where it is quadratic. */
export async function growth(length: number, work: (length: number) => unknown): Promise<number> {
  let [short, long] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < ROUNDS; round++) {
    short = Math.min(short, await time(() => work(length / FACTOR)))
    long = Math.min(long, await time(() => work(length)))
  }
  return long / Math.max(short, LEAST_MS)
}

/** Far from linear: the collection of garbage has been seen to make 14 of 8. */
export const GROWTH_MAX = 5 * FACTOR

async function time(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
