// What the processes of a chaos run are told.

export interface ChaosBotOptions {
  readonly redisUrl: string
  readonly hostKey: string
  readonly version: string
  /** Of its home, which it has after a restart, too. */
  readonly folder: string
  /** Files of styles, which hosts have to be sent. */
  readonly styles: readonly string[]
  readonly heartbeatMs: number
  readonly seed: number
  /** Of requests in all, over every start of the bot. */
  readonly requests: number
  /** Since 1970, when the first one comes. */
  readonly beganMs: number
  /** Between two of them, on average. */
  readonly everyMs: number
  /** A line for each request that a person has made. */
  readonly asked: string
}

/** The platforms that are played. */
export const platformNames = ['discord', 'slack', 'web'] as const
