import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Meter } from '../../ports/meter.ts'

const counters = {
  mfa_sends_total: { help: 'Messages handed to a provider, by method and outcome', labelNames: ['method', 'outcome'] },
  mfa_verdicts_total: { help: 'Settled guesses, by purpose and outcome', labelNames: ['purpose', 'outcome'] },
  mfa_limits_reached_total: { help: 'Messages refused by a limit, by limit', labelNames: ['limit'] },
  mfa_guessing_suspected_total: { help: 'Portals at which somebody began to guess codes', labelNames: [] },
  mfa_decisions_total: { help: 'Login decisions, by decision', labelNames: ['decision'] },
} as const satisfies Record<Parameters<Meter['count']>[0], { help: string; labelNames: string[] }>

/** Counters and the process's own figures, in the text format of Prometheus. */
export function makeMeter(): { meter: Meter; metrics: () => Promise<{ contentType: string; body: string }> } {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const made = Object.fromEntries(
    Object.entries(counters).map(([name, { help, labelNames }]) => [
      name,
      new Counter({ name, help, labelNames: [...labelNames], registers: [register] }),
    ]),
  )
  const underOldMasterKeys = new Gauge({
    name: 'mfa_under_old_master_keys',
    help: 'What still needs an older master key, by kind; at 0 for every kind the older keys may go',
    labelNames: ['kind'],
    registers: [register],
  })
  return {
    meter: {
      count: (name, labels) => made[name]?.inc(labels),
      set: (_name, labels, value) => underOldMasterKeys.set(labels, value),
    },
    metrics: async () => ({ contentType: register.contentType, body: await register.metrics() }),
  }
}
