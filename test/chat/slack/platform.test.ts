// The shared suite, by both ways that Slack knows.

import { testPlatform } from '../../suites/platform.ts'
import { startPeople } from './slack-users.ts'

testPlatform('Slack by Socket Mode', (receiver) => startPeople('socket', receiver))
testPlatform('Slack by HTTP', (receiver) => startPeople('http', receiver))
