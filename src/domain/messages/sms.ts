import { fitsOneSegment, spellInGsm7 } from '../gsm7.ts'
import type { SmsTexts, TextFacts } from './texts.ts'

/**
 * The fullest wording that is one GSM-7 segment. With an autofill domain its last line is `@host #code`, the format of
 * origin-bound one-time codes (WICG), which phones fill in on that host only; else nothing in it looks like a link.
 */
export function smsText(texts: SmsTexts, facts: TextFacts & { autofillDomain: string | null }): string {
  const { code, autofillDomain } = facts
  const lastLine = autofillDomain === null ? '' : `\n\n@${autofillDomain} #${code}`
  const displayName = spellInGsm7(facts.displayName)
  const wordings = displayName === null ? [] : texts.named.map(wording => wording({ ...facts, displayName }) + lastLine)
  return wordings.find(fitsOneSegment) ?? texts.nameless({ code }) + lastLine
}
