// A child that misbehaves at its first call, in the way that stands where a device is named; the next process of it says what is asked.

import { existsSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const { device: mode, cacheDir } = JSON.parse(process.argv[2]!) as { device: string; cacheDir: string }
const before = join(cacheDir, `misbehaved-${mode}`)
const first = !existsSync(before)
writeFileSync(before, '')

process.on('message', (call: { readonly id: number }) => {
  const answer = () => process.send!({ kind: 'done', id: call.id, value: { name: 'well', notes: [] } })
  if (!first) return answer()
  const misbehave: Record<string, () => void> = {
    'prints a text on descriptor 3'() {
      writeSync(3, 'a native library prints on descriptor 3\n')
      answer()
    },
    'prints bytes on descriptor 3'() {
      const bytes = Buffer.alloc(64, 255)
      bytes.writeUInt32BE(20, 0)
      writeSync(3, bytes)
      answer()
    },
    'says nothing where something is said': () => process.send!(null),
    'says what is no answer': () => process.send!({ kind: 'failed', id: call.id }),
    'says a number': () => process.send!(7),
    'answers what was never asked'() {
      process.send!({ kind: 'done', id: 999, value: undefined })
      answer()
    },
    'hangs up'() {
      process.disconnect()
      setInterval(() => undefined, 1000)
    },
    ends: () => process.exit(3),
  }
  misbehave[mode]!()
})
