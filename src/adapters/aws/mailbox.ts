/** `Display Name <address>` for a mail header. */

/** RFC 2047 §2: an encoded word is at most 75 characters, 63 of them base64 here, so 45 octets. */
const OCTETS_PER_WORD = 45

/**
 * The name quoted where it is ASCII, else as RFC 2047 encoded words. Control characters, line breaks above all, are
 * dropped: nothing in a name begins another header (INJ-1).
 */
export function mailbox(displayName: string, address: string): string {
  const name = displayName.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
  if (/^[\x20-\x7e]*$/.test(name)) return `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`
  return `${encodedWords(name)} <${address}>`
}

/** Cut between characters: each word must decode by itself (RFC 2047 §5). */
function encodedWords(name: string): string {
  const words: Buffer[] = [Buffer.alloc(0)]
  for (const character of name) {
    const octets = Buffer.from(character, 'utf8')
    const last = words.at(-1) ?? Buffer.alloc(0)
    if (last.length + octets.length > OCTETS_PER_WORD) words.push(octets)
    else words[words.length - 1] = Buffer.concat([last, octets])
  }
  return words.map(octets => `=?UTF-8?B?${octets.toString('base64')}?=`).join(' ')
}
