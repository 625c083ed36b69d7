/** What a language has to say for each purpose. Another language is one file like `en.ts` and one line in `index.ts`. */
import type { Purpose } from '../code.ts'

export interface TextFacts {
  code: string
  displayName: string
  /** Minutes for which the code is good. */
  lifetimeMinutes: number
}

export interface SmsTexts {
  /**
   * Wordings from the fullest to the shortest; the first that fits one GSM-7 segment is sent. `displayName` comes in
   * GSM-7 letters. Each begins with the code, to be read in a preview, and has the word for code, by which phones
   * find it. A name stands inside the sentence: it may end with a dot of its own.
   */
  named: readonly ((facts: TextFacts) => string)[]
  /** Last resort, without a name: at most 46 septets, so that the longest autofill domain and code still fit. */
  nameless: (facts: { code: string }) => string
}

export interface EmailTexts {
  /** Without the code: subjects show on locked screens and in logs of mail servers. */
  subject: string
  greeting: string
  /** Who asked, and what the code is for. */
  reason: string
  /** How long it is good, and not to pass it on. */
  validity: string
  /** What to do if it was not you. */
  otherwise: string
}

export interface MessageTexts {
  /** BCP 47, for the `lang` of HTML. */
  language: string
  sms: Record<Purpose, SmsTexts>
  email: Record<Purpose, (facts: TextFacts) => EmailTexts>
}
