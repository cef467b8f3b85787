// A message index: which job a message shows. Kept for as long as the job is, so that reactions and buttons work after years.

import type Keyv from 'keyv'

export interface MessageIndex {
  jobOf(platform: string, message: string): Promise<string | undefined>
  remember(platform: string, messages: readonly string[], job: string): Promise<void>
  forget(platform: string, messages: readonly string[]): Promise<void>
}

/** @param space of its own */
export function createMessageIndex(space: Keyv<string>): MessageIndex {
  const key = (platform: string, message: string) => `${platform}/${message}`
  return {
    jobOf: (platform, message) => space.get(key(platform, message)),
    async remember(platform, messages, job) {
      for (const message of messages) await space.set(key(platform, message), job)
    },
    async forget(platform, messages) {
      for (const message of messages) await space.delete(key(platform, message))
    },
  }
}
