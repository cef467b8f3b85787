// Addresses of the model hub, as people name a file there: owner/repo/file, with folders and with @revision behind the repo.

import { UserError } from '../../errors.ts'

export interface HubFile {
  /** owner/repo */
  readonly repo: string
  readonly revision: string
  readonly file: string
}

/** @throws UserError `hub-name` */
export function hubFileOf(named: string): HubFile {
  const match = /^([\w.-]{1,96}\/[\w.-]{1,96}?)(?:@([\w.-]{1,100}))?\/([^\p{C}\\]{1,300})$/u.exec(named.trim())
  const [, repo, revision = 'main', file] = match ?? []
  if (!repo || !file || `${repo}/${file}`.split('/').some((part) => part === '' || part === '..' || part === '../..')) {
    throw new UserError('hub-name', `hub: takes owner/repo/file, as in guoyww/animatediff/v3_sd15_mm.ckpt.`, { name: named.slice(0, 100) })
  }
  return { repo, revision, file }
}

export function resolveUrl(endpoint: string, { repo, revision, file }: HubFile): string {
  return `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${file.split('/').map(encodeURIComponent).join('/')}`
}
