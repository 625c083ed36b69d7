/** A port of 127.0.0.1 on which no connection comes about, as behind a firewall that drops: neither accepted nor refused. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

/**
 * A kernel drops whoever knocks while a listener's queue is full. Node empties that queue as long as its loop runs, so
 * the listener lives in a thread that waits for ever.
 */
const LISTENER = `
  const { createServer } = require('node:net')
  const { parentPort, workerData: port } = require('node:worker_threads')
  createServer().listen({ port, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage('listening')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** Linux lets in one more than the backlog, others half as many again. */
const QUEUE_MAX = 8
/** A connection on this machine that has not come about after so many ms never will. */
const KNOCK_MS = 100

export interface DeafPort {
  /** Ends when nobody listens on the port any more. */
  close(): Promise<void>
}

export async function openDeafPort(port: number): Promise<DeafPort> {
  const listener = new Worker(LISTENER, { eval: true, workerData: port })
  const queue: Socket[] = []
  const close = async () => {
    for (const socket of queue) socket.destroy()
    await listener.terminate()
  }
  try {
    await once(listener, 'message')
    while (await comesAbout(port, queue)) if (queue.length > QUEUE_MAX) throw new Error(`port ${port} is never full`)
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

async function comesAbout(port: number, queue: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  queue.push(socket)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true))
  // What has happened while this process was busy is heard first.
  const timer = setTimeout(() => setImmediate(resolve, false), KNOCK_MS)
  const stands = await promise
  clearTimeout(timer)
  if (!stands) socket.destroy()
  return stands
}
