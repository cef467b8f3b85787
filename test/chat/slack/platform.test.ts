// Slack, held to what every platform must do: by both transports.

import { testPlatform } from '../../suites/platform.ts'
import { startSlackHarness } from './harness.ts'
import { transports } from './transports.ts'

for (const transport of transports) testPlatform(`Slack by ${transport.name}`, (receiver) => startSlackHarness(transport, receiver))
