// An allow-list of URLs that files may be fetched from: https on its own port, from hosts that are known to keep models, without names
// and passwords.

import { UserError } from '../../errors.ts'

export interface AllowedHosts {
  /** May be named by people. 'example.org', or '*.example.org' for everything under it. */
  readonly named: readonly string[]
  /** Where those redirect to; not to be named. */
  readonly redirects: readonly string[]
}

export const usualHosts: AllowedHosts = {
  named: ['huggingface.co', 'civitai.com', 'cdn.discordapp.com', 'media.discordapp.net', 'github.com'],
  redirects: [
    // huggingface.co/.well-known/meta.json lists them; all lie under hf.co.
    '*.hf.co',
    '*.huggingface.co',
    // Presigned storage of Civitai.
    '*.civitai.com',
    'civitai-delivery-worker-prod.5ac0637cfd0766c97916cefa3764fbdf.r2.cloudflarestorage.com',
    'objects.githubusercontent.com',
    'release-assets.githubusercontent.com',
    'raw.githubusercontent.com',
  ],
}

/** The usual ones, and the mirror of the hub that the operator has named. */
export const hostsWithHub = (hub: string | undefined): AllowedHosts =>
  hub === undefined ? usualHosts : { ...usualHosts, named: [...new Set([...usualHosts.named, new URL(hub).hostname])] }

/** @throws UserError `url-invalid`, `url-not-https`, `url-with-password`, `url-port`, `url-host` */
export function vettedUrl(text: string, hosts: AllowedHosts, redirected: boolean): URL {
  const url = URL.parse(text)
  if (!url) throw new UserError('url-invalid', `'${shown(text)}' is no address of a file.`, { url: shown(text) })
  const { protocol, username, password, port, hostname } = url
  const subject = redirected ? `${shown(text)}, where it was redirected to,` : shown(text)
  if (protocol !== 'https:') throw new UserError('url-not-https', `${subject} is not https; nothing else is fetched.`, { url: shown(text) })
  if (username !== '' || password !== '')
    throw new UserError('url-with-password', `${url.host} was given with a name or password before it; such addresses are not fetched.`, {
      host: url.host,
    })
  if (port !== '') throw new UserError('url-port', `${subject} names port ${port}; only https's own is used.`, { url: shown(text), port })
  const allowed = redirected ? [...hosts.named, ...hosts.redirects] : hosts.named
  if (!allowed.some((pattern) => matches(hostname, pattern))) {
    throw new UserError('url-host', `Files are fetched from ${hosts.named.join(', ')}; ${hostname} is not among them.`, {
      host: hostname,
      hosts: hosts.named,
    })
  }
  return url
}

const matches = (host: string, pattern: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1 : host === pattern

/** Without what is secret in signed addresses, and short. */
function shown(text: string): string {
  const [address = ''] = text.split(/[?#]/)
  return address
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .replace(/\/\/[^/@]*@/, '//')
    .slice(0, 200)
}
