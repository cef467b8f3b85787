// The environment of the child process: what the allocator must be told, and no secrets.

import { getCompileCacheDir } from 'node:module'
import { harmlessEnvironment } from '../../harmless-environment.ts'
import { omitUndefined } from '../../omit-undefined.ts'

/** What glibc must be told before a process starts: mallopt(3), and the tunables of its manual's chapter 38. */
const allocator = {
  // Otherwise weights that were packed anew are kept twice and never given back.
  MALLOC_MMAP_THRESHOLD_: '1048576',
  // Pages of 2 MB, and as many at once: a net is thousands of small pieces, and the system clears each page when it is first touched.
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  MALLOC_TOP_PAD_: '67108864',
}

/** Secrets are no business of a process that reads strangers' files. @param more what it is told besides */
export function childEnvironment(ours: NodeJS.ProcessEnv, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...allocator, ...harmlessEnvironment(ours), ...more, ...omitUndefined({ NODE_COMPILE_CACHE: getCompileCacheDir() }) }
}
