// Omit undefined properties: for options that are absent, not undefined, where `exactOptionalPropertyTypes` tells the two apart.

type OmitUndefined<T> = Flat<
  { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } & {
    [K in keyof T as undefined extends T[K] ? never : K]: T[K]
  }
>

/** One object instead of an intersection, for messages of the compiler. */
type Flat<T> = { [K in keyof T]: T[K] }

/** A copy without the properties that are undefined; null, 0, '' and false stay. Own enumerable properties only. */
export function omitUndefined<T extends object>(properties: T): OmitUndefined<T> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as OmitUndefined<T>
}
