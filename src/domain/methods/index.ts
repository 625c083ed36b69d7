/** The registry of methods: a new one is one file beside this and one line here. */
import { z } from 'zod'
import { email } from './email.ts'
import type { MethodDefinition } from './method.ts'
import { sms } from './sms.ts'

export const methods = { sms, email } satisfies Record<string, MethodDefinition>

export const methodNames = Object.keys(methods) as [keyof typeof methods, ...(keyof typeof methods)[]]

export const methodSchema = z.enum(methodNames)

export type Method = z.infer<typeof methodSchema>
