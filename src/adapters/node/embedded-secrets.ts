/** The secrets of embedded mode: drawn at the first start, kept in the data directory, readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface EmbeddedSecrets {
  /** As in MFA_MASTER_KEYS. */
  masterKeys: string
  operatorSecret: string
}

/** Reads `secrets.json` of the data directory, or makes it (mode 0600). */
export function embeddedSecrets(dataDir: string): EmbeddedSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'secrets.json')
  const fresh: EmbeddedSecrets = {
    masterKeys: `embedded:${randomBytes(32).toString('base64')}`,
    operatorSecret: randomBytes(32).toString('base64url'),
  }
  try {
    writeFileSync(file, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return JSON.parse(readFileSync(file, 'utf8')) as EmbeddedSecrets
  }
}
