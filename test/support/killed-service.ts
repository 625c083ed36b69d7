/**
 * The process that mortal-service.ts starts and kills: the whole service over real stores. It notes what a call crosses (each
 * awaited port call before, in flight, between its statements and after; the answer), and ends itself by SIGKILL where told to.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../../src/config.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { openService } from '../../src/service.ts'

export type Order =
  | { kind: 'open'; config: Config; offsetMs: number }
  | { kind: 'advance'; offsetMs: number }
  /** Forgets what was crossed; from now on the process dies at this crossing, if any is named. */
  | { kind: 'watch'; killAt: string | null }
  /** Answered once nothing is under way. */
  | { kind: 'report' }
export type Report = { kind: 'open'; port: number } | { kind: 'crossed'; crossings: string[] }

/** The ports that a use case waits for. */
const AWAITED = ['portals', 'contacts', 'settlement', 'events', 'codes', 'sendLimits', 'idempotency', 'sender'] as const

let offsetMs = 0
let killAt: string | null = null
let crossings: string[] = []
let underWay = 0
/** Within one awaited port call; jobs and what nobody waits for run beside it. Its first statement is what the call was crossed for. */
const within = new AsyncLocalStorage<{ statements: number }>()

function cross(name: string): void {
  const before = crossings.filter(crossing => crossing.replace(/ #\d+$/, '') === name).length
  const crossing = before === 0 ? name : `${name} #${before + 1}`
  crossings.push(crossing)
  if (crossing === killAt) process.kill(process.pid, 'SIGKILL')
}

type Call = (...given: unknown[]) => Promise<unknown>

function watched<P extends object>(port: string, target: P): P {
  const calls = Object.entries(target as Record<string, Call>).map(([method, call]) => {
    const name = `${port}.${method}`
    const crossed: Call = async (...given) => {
      underWay++
      cross(`before ${name}`)
      setImmediate(() => cross(`during ${name}`))
      try {
        return await within.run({ statements: 0 }, () => call(...given))
      } finally {
        cross(`after ${name}`)
        underWay--
      }
    }
    return [method, crossed]
  })
  return Object.fromEntries(calls) as P
}

const wrapPorts = (ports: Ports): Ports => ({
  ...ports,
  ...Object.fromEntries(AWAITED.map(port => [port, watched(port, ports[port])])),
})

/** The answer is handed over, and has left. */
function watchAnswer(response: ServerResponse): void {
  underWay++
  const end = response.end.bind(response)
  response.end = ((...given: Parameters<typeof end>) => {
    cross('before the answer')
    return end(...given)
  }) as typeof end
  response.once('finish', () => cross('after the answer'))
  response.once('close', () => underWay--)
}

async function open(config: Config): Promise<Report> {
  const { app } = await openService(config, false, {
    clockOffsetMs: () => offsetMs,
    deadlineMs: 20_000,
    onStatement: () => {
      const port = within.getStore()
      if (port && port.statements++ > 0) cross('between statements')
    },
    wrapPorts,
  })
  app.server.prependListener('request', (_, response: ServerResponse) => watchAnswer(response))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { kind: 'open', port: (app.server.address() as AddressInfo).port }
}

async function idle(): Promise<void> {
  do await new Promise(setImmediate)
  while (underWay > 0)
}

async function obey(order: Order): Promise<Report> {
  switch (order.kind) {
    case 'open':
      offsetMs = order.offsetMs
      return open(order.config)
    case 'advance':
      offsetMs = order.offsetMs
      return { kind: 'crossed', crossings }
    case 'watch':
      await idle()
      killAt = order.killAt
      crossings = []
      return { kind: 'crossed', crossings }
    case 'report':
      await idle()
      return { kind: 'crossed', crossings }
  }
}

process.on('message', async (order: Order) => void process.send?.(await obey(order)))
// The parent is gone: nobody is left to kill it.
process.on('disconnect', () => process.exit())
