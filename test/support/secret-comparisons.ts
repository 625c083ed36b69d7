/** Finds where a source compares what is secret: CRY-1. */
import { type Node, nodesIn, nodesOf, said } from './syntax.ts'

const SECRET =
  /(?:secret|hash|digest|mac|signature|pepper|passw(?:or)?d|passphrase|guess|guessed|entered|assertion|token|jws|jwt|(?<!country)code)s?$/i
/** Compare values or bytes, whatever they hold. */
const COMPARES = /^(?:equals|compare|localeCompare|isDeepStrictEqual|deepEqual|deepStrictEqual)$/
/** Compare a text with what it may hold. */
const SEARCHES = /^(?:startsWith|endsWith|includes|indexOf|lastIndexOf|is|eq|ne|inArray)$/
const HASHES = /(?:hash|digest|mac)$/i
/** Gives the same bytes in another form. */
const PASSES = /^(?:from|String|toString|trim|slice|subarray|split|toLowerCase|normalize|concat)$/
const NOTHING = /^(?:null|undefined|true|false|\d+|'[^']*'|"[^"]*")$/
/** Ways to end before the last byte. */
const HURRIED = /^(?:If|Conditional|For|While|DoWhile|ForOf|ForIn|Switch|Try)(?:Statement|Expression)$/
const OPERATORS = /^(?:[=!]==?|[<>]=?)$/

const nameOf = (node: Node): string => String((node.property as Node | undefined)?.name ?? node.name ?? '')
const isFunction = ({ type }: Node): boolean => /Function/.test(type)

/** Whether a value is named as secrets are or made of one that is, and is not only its length. */
function isSecret(node: Node, aliases: Set<string>): boolean {
  if (isFunction(node) || /^(?:length|size)$/.test(nameOf(node))) return false
  return nodesIn(node).some(
    ({ type, name }) => type === 'Identifier' && (SECRET.test(`${name}`) || aliases.has(`${name}`)),
  )
}

/** Whether a value is a secret itself: by its name, as other bytes or text, or as what a hash function returned. */
function holds(node: Node | undefined, aliases: Set<string>): boolean {
  if (!node) return false
  const inner = (node.expression ?? node.argument) as Node | undefined
  if (inner) return holds(inner, aliases)
  if (node.type !== 'CallExpression') return SECRET.test(nameOf(node)) || aliases.has(nameOf(node))
  const callee = node.callee as Node
  const values = [callee.object, ...(node.arguments as Node[])] as (Node | undefined)[]
  return HASHES.test(nameOf(callee)) || (PASSES.test(nameOf(callee)) && values.some(value => holds(value, aliases)))
}

/** Other names that a source gives to secrets. */
function aliasesIn(nodes: Node[]): Set<string> {
  const aliases = new Set<string>()
  for (const { type, id, init } of nodes)
    if (type === 'VariableDeclarator' && holds(init as Node, aliases)) aliases.add(nameOf(id as Node))
  return aliases
}

/** What `text` compares that it may not. */
export function comparisons(text: string): string[] {
  const nodes = nodesOf(text)
  const aliases = aliasesIn(nodes)
  const secret = (node: unknown): boolean => isSecret(node as Node, aliases)
  return nodes
    .filter(node => {
      if (node.type === 'BinaryExpression' && OPERATORS.test(String(node.operator))) {
        const sides = [node.left, node.right] as Node[]
        return sides.some(secret) && !sides.some(side => NOTHING.test(said(text, side)))
      }
      if (node.type === 'SwitchStatement') return secret(node.discriminant)
      if (node.type !== 'CallExpression') return node.type === 'Identifier' && node.name === 'timingSafeEqual'
      const callee = node.callee as Node
      const values = [callee.object, ...(node.arguments as Node[])].filter(Boolean)
      return COMPARES.test(nameOf(callee)) || (SEARCHES.test(nameOf(callee)) && values.some(secret))
    })
    .map(node => said(text, node))
}
/** What the function that compares digests does but to look at all of both: nothing. */
export function hurries(text: string): string[] {
  const nodes = nodesOf(text)
  const [compare, ...more] = nodes.filter(
    node => node.type === 'FunctionDeclaration' && nameOf(node.id as Node) === 'sameDigest',
  )
  const imported = /import \{[^}]*\btimingSafeEqual\b[^}]*\} from 'node:crypto'/.test(text)
  if (!compare || more.length > 0 || !imported) return ['another function']
  const inner = nodesIn(compare.body as Node)
  const constant = inner.filter(
    ({ type, callee }) => type === 'CallExpression' && nameOf(callee as Node) === 'timingSafeEqual',
  )
  if (constant.length !== 1) return ['another comparison']
  const ofLengths = ({ left, right }: Node) => [left, right].every(side => nameOf(side as Node) === 'length')
  return inner
    .filter(node => {
      if (node.type === 'CallExpression')
        return !/^(?:timingSafeEqual|Buffer\.from)$/.test(said(text, node.callee as Node))
      return node.type === 'BinaryExpression' ? !ofLengths(node) : HURRIED.test(node.type) || node.computed === true
    })
    .map(node => said(text, node))
}
