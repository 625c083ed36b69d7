/** What a sealed value belongs to; it opens only for the same. */
export interface SealContext {
  portalId: string
  contactId: string
  factorId: string
}

/** Encryption and keyed hashes. Keys come from the master keys by HKDF, one per purpose; the index key is drawn once and stored. */
export interface Secrecy {
  /** AES-256-GCM under the current key; the text names its key id. */
  seal(plain: string, context: SealContext): string
  /** Throws `unavailable` when it was made for something else, or under a key that is gone. */
  open(sealed: string, context: SealContext): string
  /** Likewise for an idempotent answer, bound to its scope. */
  sealAnswer(plain: string, scope: string): string
  openAnswer(sealed: string, scope: string): string
  /** Keyed digest of a destination or number prefix, the same under every master key (base64url, 32 bytes). */
  index(value: string): string
  /** Keyed digest under the index key for logins, idempotency scopes and bodies, attempts; separated by purpose. */
  digest(purpose: 'login' | 'scope' | 'body' | 'attempt', value: string): string
  /** Keyed digest of a bound code; the current pepper unless `kid` names one. Null: that pepper is gone. */
  codeDigest(bound: string, kid?: string): { kid: string; digest: string } | null
  /** SHA-256 of an API client's secret (256 random bits, so no password hash is needed). */
  secretHash(secret: string): string
}
