// What the processes of a scale run are told.

export interface ScaleHostsOptions {
  readonly redisUrl: string
  readonly hostKey: string
  readonly version: string
  readonly folder: string
  readonly hosts: number
  readonly stepMs: number
  /** Of what each render gives. */
  readonly animationBytes: number
}
