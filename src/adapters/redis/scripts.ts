/** The typed door to the Lua scripts: which there are, how many keys they take, and what they answer. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ATTEMPTS_MAX, ENDED_READABLE_SECONDS, RESEND_WAITS_SECONDS, SENDS_MAX } from '../../domain/limits.ts'
import { instant, liveCodesReply, recordReply } from './code-replies.ts'

/** One atomic step. `Reply` is what it answers, parsed: a reply of another shape is a failure, never a guess (RACE-7). */
export interface Script<Reply> {
  name: string
  numberOfKeys: number
  lua: string
  reply: z.ZodType<Reply>
}

/** The product's numbers, as the scripts of codes name them. */
const NUMBERS = [
  `local ATTEMPTS_MAX, SENDS_MAX, READABLE_MS = ${ATTEMPTS_MAX}, ${SENDS_MAX}, ${ENDED_READABLE_SECONDS * 1000}`,
  `local WAITS_MS = { ${RESEND_WAITS_SECONDS.map(seconds => seconds * 1000).join(', ')} }`,
].join('\n')

const source = (name: string): string => readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8')

/**
 * A script's own first line says how it is to be run: on a server that is full, only scripts with `allow-oom` (which give
 * something back) and `no-writes` are. Without such a line the first deletion of a script would switch that check off.
 */
function script<Reply>(name: string, numberOfKeys: number, reply: z.ZodType<Reply>, before = ''): Script<Reply> {
  const [engine, ...body] = source(name).split('\n')
  return { name, numberOfKeys, reply, lua: [engine, source('clock'), before, ...body].join('\n') }
}

const codeScript = <Reply>(name: string, reply: z.ZodType<Reply>): Script<Reply> =>
  script(name, 2, reply, [NUMBERS, source('record'), source('view')].join('\n'))

const missing = z.tuple([z.literal('missing')])
const reservation = z.tuple([z.enum(['granted', 'held', 'refused']), z.int().nonnegative()])

export const scripts = {
  openCode: codeScript('open-code', z.tuple([z.enum(['opened', 'existing']), recordReply])),
  renewCode: codeScript(
    'renew-code',
    z.union([
      missing,
      z.tuple([z.enum(['over', 'sends_exhausted']), recordReply]),
      z.tuple([z.literal('too_soon'), recordReply, instant]),
      z.tuple([z.literal('renewed'), recordReply, z.int().positive()]),
    ]),
  ),
  noteSend: codeScript('note-send', z.enum(['noted', 'taken_back', 'ignored'])),
  spendAttempt: codeScript(
    'spend-attempt',
    z.union([
      missing,
      z.tuple([z.literal('over'), recordReply]),
      z.tuple([z.literal('spent'), recordReply, liveCodesReply]),
    ]),
  ),
  endCode: codeScript('end-code', z.enum(['ended', 'ignored'])),
  readCode: codeScript('read-code', z.union([missing, z.tuple([z.literal('found'), recordReply])])),

  reserveWindow: script('reserve-window', 1, reservation),
  reserveDay: script('reserve-day', 1, reservation),
  giveBackWindow: script('give-back-window', 1, z.int()),
  giveBackDay: script('give-back-day', 1, z.int()),
  clearLimit: script('clear-limit', 2, z.int()),

  beginRequest: script(
    'begin-request',
    1,
    z.union([z.tuple([z.enum(['started', 'running', 'other_body'])]), z.tuple([z.literal('answered'), z.string()])]),
  ),
  answerRequest: script('answer-request', 1, z.enum(['kept', 'ignored'])),
  releaseRequest: script('release-request', 1, z.int()),
}
