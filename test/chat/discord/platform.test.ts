// Discord, held to what every platform must do.

import { testPlatform } from '../../suites/platform.ts'
import { makeDiscordHarness } from './harness.ts'

testPlatform('Discord', (receiver) => makeDiscordHarness(receiver))
