/** One thing the service cannot work without. */
export interface Dependency {
  name: 'postgres' | 'redis'
  /** Resolves when it answers usably; rejects otherwise, within its deadline. */
  ping(): Promise<void>
}
