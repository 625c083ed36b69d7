/** What a route says of itself: its schemas for the framework, its words for the OpenAPI document, its name for the access list. */
import type { z } from 'zod'
import { access, type Operation } from '../domain/caller.ts'
import type { OperationId } from './schemas/declared-errors.ts'
import { noQuery } from './schemas/values.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    operationId?: OperationId
    /** Status of an answer without a body, with its description. */
    emptyAnswer?: { status: number; description: string }
    answerHeaders?: Record<string, string>
  }
  interface FastifySchema {
    /** Who may call it, as in the access list. */
    'x-roles'?: readonly string[]
    /** It compares a secret, so every test of guessing must cover it (BRUTE-7). */
    'x-compares-secret'?: boolean
  }
}

type Tag = 'Tokens' | 'Operator' | 'Settings' | 'Login' | 'Enrollment' | 'Challenge' | 'Opt-out' | 'Contacts' | 'Audit'

interface Words {
  tag: Tag
  summary: string
  description: string
  consumes?: readonly string[]
  security?: readonly Record<string, readonly string[]>[]
  comparesSecret?: boolean
  /** A 204: what it means. */
  noContent?: string
  /** Headers of a 2xx answer, with their descriptions. */
  answerHeaders?: Record<string, string>
}

interface Schemas {
  params?: z.ZodType
  querystring?: z.ZodType
  body?: z.ZodType
  response?: Record<number, z.ZodType>
}

/** Route options of an operation. Schemas keep their types, so that handlers are checked against them. */
export function operation<const S extends Schemas>(operationId: OperationId, words: Words, schemas: S) {
  const roles = operationId in access ? access[operationId as Operation] : null
  return {
    schema: {
      querystring: noQuery,
      ...schemas,
      operationId,
      summary: words.summary,
      description: words.description,
      tags: [words.tag],
      ...(words.consumes ? { consumes: words.consumes } : {}),
      security: words.security ?? (roles ? [{ oauth2: [] }, { bearer: [] }] : []),
      ...(roles ? { 'x-roles': roles } : {}),
      ...(words.comparesSecret ? { 'x-compares-secret': true } : {}),
    },
    config: {
      operationId,
      ...(roles ? { operation: operationId as Operation } : {}),
      ...(words.noContent ? { emptyAnswer: { status: 204, description: words.noContent } } : {}),
      ...(words.answerHeaders ? { answerHeaders: words.answerHeaders } : {}),
    },
  }
}
