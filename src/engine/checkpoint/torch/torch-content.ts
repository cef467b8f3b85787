// The content of a file of torch.save, whichever of its two containers it came in.

/** Where a storage begins in the file, or where its packed bytes do. */
export interface TorchPlace {
  readonly offset: number
  readonly deflated?: { readonly name: string; readonly storedBytes: number; readonly bytes: number }
}

/** `root`: what was saved. It may contain itself; walk it with a limit. `places`: every storage by key. */
export interface TorchContent {
  readonly container: 'torch-zip' | 'torch-legacy'
  readonly root: unknown
  readonly places: ReadonlyMap<string, TorchPlace>
}
