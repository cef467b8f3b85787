// Measures in a child process, started as that of the local pool is: large blocks of memory go back to the system when they are freed.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { childEnvironment } from '../../render/local/child-environment.ts'

/** @param program a file beside this one, which takes the task as JSON and prints the outcome as JSON */
export async function measureInChild<Task, Outcome>(program: string, task: Task): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, program), JSON.stringify(task)], {
    env: childEnvironment(process.env),
  })
  return JSON.parse(stdout) as Outcome
}
