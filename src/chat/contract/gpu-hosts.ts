// GPU hosts, as commands and the page see them: which are there, what each does, and that an operator can have one take nothing more.

export interface GpuHosts {
  /** By name. None where this machine draws. */
  list(): readonly GpuHostSummary[]
  /**
   * What they do goes on; nothing more is given to them, or again.
   * @param host an id, or a name, which several may have
   * @returns false where there is none
   */
  drain(host: string, drained: boolean): Promise<boolean>
  /** Names of those that can draw with a style: its files are installed there, or small enough to be sent. */
  able(style: string): Promise<readonly string[]>
}

export interface GpuHostSummary {
  /** Of one start of the host. */
  readonly id: string
  readonly name: string
  /** Takes nothing more. */
  readonly drained: boolean
  readonly devices: readonly GpuDeviceSummary[]
  /** Absent: it trains no styles. */
  readonly trainings?: {
    /** It draws nothing. */
    readonly kept: boolean
    readonly running: number
  }
}

export interface GpuDeviceSummary {
  readonly name: string
  readonly memoryBytes?: number
  readonly busy: boolean
  /** What it draws; absent also where it loads something before anybody asks. */
  readonly job?: string
}

export const noGpuHosts: GpuHosts = { list: () => [], drain: async () => false, able: async () => [] }
