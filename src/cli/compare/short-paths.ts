// Short paths: of each of several files as much of its path's end as tells it from the others. Models are often called the same and lie in
// folders that are not: `diffusion_pytorch_model.safetensors`.

import { resolve, sep } from 'node:path'

/** By path: the file's name where that is enough, else with the folders above it that it takes. */
export function shortPaths(paths: readonly string[]): ReadonlyMap<string, string> {
  const places = new Map(paths.map((path) => [path, resolve(path).split(sep)]))
  const ending = (place: readonly string[], length: number): string => place.slice(-length).join('/')
  const shortest = (place: readonly string[]): string => {
    const others = [...places.values()].filter((other) => ending(other, other.length) !== ending(place, place.length))
    let length = 1
    while (others.some((other) => ending(other, length) === ending(place, length))) length++
    return ending(place, length)
  }
  return new Map([...places].map(([path, place]) => [path, shortest(place)]))
}
