// A keyed serial queue: work of one key runs one after another, work of different keys side by side.

import { type Serial, serial } from './engine/serial.ts'

/** Settles as the work does. A key whose work is all done takes no memory. */
export type KeyedSerial = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function keyedSerial(): KeyedSerial {
  const queues = new Map<string, { readonly run: Serial; waiting: number }>()
  return async (key, work) => {
    const queue = queues.get(key) ?? { run: serial(), waiting: 0 }
    queues.set(key, queue)
    queue.waiting++
    try {
      return await queue.run(work)
    } finally {
      if (--queue.waiting === 0) queues.delete(key)
    }
  }
}
