import { testPlatform } from '../../suites/platform.ts'
import { makeScene } from './harness.ts'

testPlatform('Discord', (receiver) => makeScene(receiver))
