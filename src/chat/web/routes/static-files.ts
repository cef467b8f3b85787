// Static files: the page's own, read once: what browsers get as it stands in the folder page/ and its rooms.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, sep } from 'node:path'
import { Hono } from 'hono'

const folder = new URL('../page/', import.meta.url)

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.webmanifest': 'application/manifest+json',
}

export function pageFiles(): Hono {
  const app = new Hono()
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const name = path.replaceAll(sep, '/')
    const mediaType = mediaTypes[extname(name)]
    if (!mediaType) continue
    const body = readFileSync(new URL(name, folder))
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`
    app.get(name === 'index.html' ? '/' : `/page/${name}`, (c) => {
      // asked for again each time and answered in a line: a new version is never mixed with an old one
      c.header('Cache-Control', 'no-cache')
      c.header('ETag', tag)
      if (c.req.header('if-none-match') === tag) return c.body(null, 304)
      c.header('Content-Type', mediaType)
      return c.body(new Uint8Array(body))
    })
  }
  return app
}
