// All commands, in the order in which they are offered.

import type { Command } from '../src/chat/contract/command.ts'
import { again } from './again.ts'
import { animate } from './animate.ts'
import { cancel } from './cancel.ts'
import { confirm } from './confirm.ts'
import { defaults } from './defaults.ts'
import { help } from './help.ts'
import { history } from './history.ts'
import { hosts } from './hosts.ts'
import { keep } from './keep.ts'
import { privacy } from './privacy.ts'
import { queue } from './queue.ts'
import { send } from './send.ts'
import { settings } from './settings.ts'
import { styles } from './styles.ts'

export const commands: readonly Command[] = [
  animate,
  again,
  styles,
  queue,
  cancel,
  history,
  defaults,
  settings,
  hosts,
  privacy,
  help,
  keep,
  send,
  confirm,
]
