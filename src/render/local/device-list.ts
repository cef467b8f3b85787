// A list of devices: `cuda:0,cuda:1` is one renderer a card, `cpu` or `auto` one in all.

import { devices } from '../../engine/device-names.ts'

export interface ListedDevice {
  /** auto, or as the engine calls it. */
  readonly device: string
  /** Of the machine's cards, from 0; absent: the first. */
  readonly card?: number
}

/** What DEVICE may be, as a clause. */
export const deviceListForm = `auto, ${devices.join(', ')}, or several such as cuda:0,cuda:1`

/** undefined where it is none. */
export function parseDeviceList(text: string): readonly ListedDevice[] | undefined {
  if (text === 'auto') return [{ device: 'auto' }]
  const listed = text.split(',').map((one) => {
    const [, device, card] = /^(\w+)(?::(\d{1,2}))?$/.exec(one.trim()) ?? []
    // Of the others ONNX Runtime takes no number under Node.
    if (device === undefined || !devices.some((known) => known === device) || (card !== undefined && device !== 'cuda')) return undefined
    return { device, ...(card !== undefined && { card: Number(card) }) }
  })
  return listed.every((one) => one !== undefined) ? listed : undefined
}

/** Whether two of them are, or may be, the same; all take turns at the cores of the machine, but cards of their own hardly need them. */
export function sharesDevice(one: ListedDevice, other: ListedDevice): boolean {
  return !(one.device === 'cuda' && other.device === 'cuda' && (one.card ?? 0) !== (other.card ?? 0))
}

export function deviceLabel({ device, card }: ListedDevice): string {
  return card === undefined ? device : `${device}:${card}`
}

/** What the process that is to see this card alone must be told: it is card 0 there. */
export function deviceEnvironment({ card }: ListedDevice, ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (card === undefined) return {}
  const visible = ours['CUDA_VISIBLE_DEVICES']?.split(',') ?? []
  return { CUDA_VISIBLE_DEVICES: visible[card]?.trim() ?? String(card) }
}
