/** Every way to spoil a request, by name. */
import { bodyMutations } from './body-mutations.ts'
import { headerMutations } from './header-mutations.ts'
import type { Mutation } from './mutation.ts'
import { pathMutations } from './path-mutations.ts'
import { wireMutations } from './wire-mutations.ts'

export const mutations: Record<string, Mutation> = {
  ...bodyMutations,
  ...pathMutations,
  ...headerMutations,
  ...wireMutations,
}
