/** What a JSON text may not do although it parses: repeat a member name (INPUT-5) or nest without end (INPUT-4). */

/** Levels of arrays and objects; no request of ours needs more than four. */
export const JSON_DEPTH_MAX = 8

export type JsonFault = 'repeats a member name' | 'is nested too deeply'

/** Names the fault of a text that `JSON.parse` accepts; null: none. One pass, no recursion. */
export function jsonFault(text: string): JsonFault | null {
  /** Per open bracket: the names seen so far, or null in an array. */
  const open: (Set<string> | null)[] = []
  let nameNext = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = stringEnd(text, at)
      const names = open.at(-1)
      if (names && nameNext) {
        const name = JSON.parse(text.slice(at, end + 1)) as string
        if (names.has(name)) return 'repeats a member name'
        names.add(name)
        nameNext = false
      }
      at = end
    } else if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : null) > JSON_DEPTH_MAX) return 'is nested too deeply'
      nameNext = character === '{'
    } else if (character === '}' || character === ']') open.pop()
    else if (character === ',') nameNext = open.at(-1) !== null
  }
  return null
}

/** Index of the quote that ends the string beginning at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
