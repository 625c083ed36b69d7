/** The GSM 7-bit default alphabet (3GPP TS 23.038 §6.2.1): a text within it costs one SMS up to 160 septets, any other letter halves that. */

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'

/** Sent as an escape and a second septet. */
const extension = '\f^{}\\[~]|€'

/** Septets of one message that is not split. */
const SEGMENT_SEPTETS = 160

/** Septets that `text` takes, or null when a character of it is not in the alphabet. */
export function septets(text: string): number | null {
  let count = 0
  for (const character of text) {
    if (basic.includes(character)) count += 1
    else if (extension.includes(character)) count += 2
    else return null
  }
  return count
}

/** Whether `text` goes out as one unsplit GSM-7 message. */
export const fitsOneSegment = (text: string): boolean => (septets(text) ?? Infinity) <= SEGMENT_SEPTETS

/** Latin letters that Unicode does not take apart. */
const spelledOut: Readonly<Record<string, string>> = {
  Đ: 'D',
  đ: 'd',
  Ð: 'D',
  ð: 'd',
  Ħ: 'H',
  ħ: 'h',
  ı: 'i',
  Ł: 'L',
  ł: 'l',
  Œ: 'OE',
  œ: 'oe',
  Þ: 'Th',
  þ: 'th',
  Ŧ: 'T',
  ŧ: 't',
  ẞ: 'SS',
}

/**
 * `name` in GSM-7 letters, accents dropped where the alphabet lacks them; null when a letter has no such spelling (half a
 * name would be worse than none). A letter becomes letters and digits only: U+2488 `⒈`, read as `1.`, could make a link.
 */
export function spellInGsm7(name: string): string | null {
  let spelled = ''
  for (const character of name.normalize('NFC')) {
    const letters = basic.includes(character) ? character : (spelledOut[character] ?? plainLetters(character))
    if (letters === '') return null
    spelled += letters
  }
  return spelled
}

const plainLetters = (character: string): string => character.normalize('NFKD').replace(/[^A-Za-z0-9]/g, '')
