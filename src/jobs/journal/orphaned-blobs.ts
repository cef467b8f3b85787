// Orphaned blobs (garbage collection): animations that no job has, made for jobs whose end was never written because the process died.

import type { Blobs } from '../../store/store.ts'
import type { Journal } from './journal.ts'

export interface OrphanedBlobsParts {
  readonly blobs: Pick<Blobs, 'all' | 'delete'>
  readonly journal: Pick<Journal, 'holds'>
  /** Whether something else than a job shows it, as styles show their examples. */
  readonly shownElsewhere: (blob: string) => boolean | Promise<boolean>
  readonly nowMs: number
}

/** A blob is there before its job's end is written, and no render takes a day. */
const youngMs = 24 * 3_600_000

/** @returns how many bytes are kept, and how many were removed */
export async function deleteOrphanedBlobs({
  blobs,
  journal,
  shownElsewhere,
  nowMs,
}: OrphanedBlobsParts): Promise<{ readonly kept: number; readonly removed: number }> {
  let [kept, removed] = [0, 0]
  for await (const { name, bytes, writtenMs } of blobs.all()) {
    const stays = nowMs - writtenMs < youngMs || journal.holds(name) || (await shownElsewhere(name))
    if (stays) kept += bytes
    else {
      await blobs.delete(name)
      removed += bytes
    }
  }
  return { kept, removed }
}
