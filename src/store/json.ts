// JSON: what can be written to a file, a table or another process and read back the same.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
