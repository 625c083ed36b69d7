/** What a monitoring system reads of a service. */
import type { TestService } from './service.ts'

/** The counters, summed over all instances; `name{label="value"}` as the pages spell it. */
export async function countersOf({ instances }: TestService): Promise<(series: string) => number> {
  const pages = await Promise.all(instances.map(({ app }) => app.inject('/metrics')))
  const lines = pages.flatMap(({ body }) => body.split('\n'))
  return series =>
    lines
      .filter(line => line.startsWith(`${series} `))
      .reduce((sum, line) => sum + Number(line.slice(series.length)), 0)
}
