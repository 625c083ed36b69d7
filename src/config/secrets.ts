/** The secrets: none has a default, and what is wrong with one is said without it. */
import { z } from 'zod'
import { listOf, needed, type Reader } from './reader.ts'

export interface Secrets {
  /** The first is current. */
  masterKeys: { kid: string; key: Buffer }[]
  operatorSecret: string
}

/** Those of embedded mode, as text. */
export interface DrawnSecrets {
  masterKeys: string
  operatorSecret: string
}

export const variablesOf = ({ masterKeys, operatorSecret }: DrawnSecrets) => ({
  MFA_MASTER_KEYS: masterKeys,
  MFA_OPERATOR_SECRET: operatorSecret,
})

export const secretsOf = (reader: Reader): Secrets => ({
  masterKeys: needed(reader, 'MFA_MASTER_KEYS', masterKeys),
  operatorSecret: needed(reader, 'MFA_OPERATOR_SECRET', z.string().min(32, 'at least 32 characters')),
})

/** 32 bytes in base64. Node's own decoder skips what is not base64, and so would take another key than was written. */
const ENCODED_KEY = /^[A-Za-z0-9+/]{43}=?$/

const masterKeys = listOf(z.string())
  .transform(entries => entries.map(entry => entry.split(/:(.*)/s)))
  .refine(
    entries => entries.every(([kid = '']) => /^[a-z0-9-]{1,16}$/.test(kid)),
    'each key needs a name, kid:base64, kid of a-z 0-9 -, at most 16',
  )
  .refine(entries => new Set(entries.map(([kid]) => kid)).size === entries.length, 'each key needs a name of its own')
  .refine(entries => entries.every(([, encoded = '']) => isRandomKey(encoded)), 'each key is 32 random bytes in base64')
  .transform(entries => entries.map(([kid = '', encoded = '']) => ({ kid, key: Buffer.from(encoded, 'base64') })))

const isRandomKey = (encoded: string): boolean =>
  ENCODED_KEY.test(encoded) && new Set(Buffer.from(encoded, 'base64')).size > 1
