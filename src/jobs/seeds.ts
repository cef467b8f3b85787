// Seeds of a request that draws several: they follow one another, and after the largest comes 0.

import type { AnimationRequest } from './request.ts'

/** @param n from 0 */
export function nthSeed({ seed }: Pick<AnimationRequest, 'seed'>, n: number): string {
  return String(BigInt.asUintN(64, BigInt(seed) + BigInt(n)))
}
