/** TypeScript as a tree, for tests that read code. */
import { parseAst } from 'vitest/node'

/** A node of the tree (ESTree), with whatever members its type has. */
export interface Node {
  type: string
  start: number
  end: number
  [member: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const childrenOf = (node: Node): Node[] =>
  Object.values(node).flatMap(value => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []))

/** A node and all below it. */
export const nodesIn = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(nodesIn)]

/** All nodes of a source, in no order that matters. */
export const nodesOf = (text: string): Node[] => nodesIn(parseAst(text, { lang: 'ts' }) as unknown as Node)

/** What a node, found in `text`, says there. */
export const said = (text: string, { start, end }: Node): string => text.slice(start, end)
