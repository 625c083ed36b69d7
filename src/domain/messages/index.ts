/** The registry of languages. */
import { en } from './en.ts'
import type { MessageTexts } from './texts.ts'

const languages: Readonly<Record<string, MessageTexts>> = { en }

/** Texts for a BCP 47 locale: its own, those of its less exact forms (`de-CH`, then `de`), else English. */
export function textsFor(locale: string): MessageTexts {
  for (let tag = locale; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    if (Object.hasOwn(languages, tag)) return languages[tag] ?? en
  }
  return en
}
