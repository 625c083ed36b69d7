/**
 * Inverted brute force (BRUTE-4): one code tried against very many contacts stays below every contact's limit, and still is
 * right once in a million. So a portal's guesses are watched together.
 */
import { GUESSING_WRONG_MIN } from './limits.ts'

/** Settled guesses of one portal within the last {@link GUESSING_WINDOW_SECONDS}. */
export interface GuessCount {
  wrong: number
  /** Right and wrong. */
  all: number
}

/** Whether that many wrong ones are an attack and no busy morning. */
export const isGuessing = ({ wrong, all }: GuessCount): boolean => wrong >= GUESSING_WRONG_MIN && wrong > all / 2

/** Wrong guesses that one instance sees, at most, before it looks again. */
const LOOK_MAX = 20
/** As many instances may share an attack without its being seen late. */
const INSTANCES = 10

/** How many more wrong guesses one instance may see before it has to look again. */
export function looksAgainAfter(count: GuessCount): number {
  if (isGuessing(count)) return LOOK_MAX
  const missing = Math.max(GUESSING_WRONG_MIN - count.wrong, count.all - 2 * count.wrong + 1)
  return Math.min(LOOK_MAX, Math.ceil(missing / INSTANCES))
}
