// An XMP packet, the smallest that holds a description, and the way back. No XML parser: what we wrote is found as we wrote it.

const BEFORE =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>' +
  '<rdf:li xml:lang="x-default">'
const AFTER = '</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" } as const
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(ENTITIES).map(([name, c]) => [c, `&${name};`]))

/** `text` must hold no control characters: XML has no way to write them. */
export function xmp(text: string): string {
  return BEFORE + text.replace(/[&<>"']/g, (c) => NAMES[c]!) + AFTER
}

/** The description in `packet`, nothing where there is none in the plain form. */
export function xmpText(packet: string): string | undefined {
  const description = packet.indexOf('<dc:description>')
  const item = packet.indexOf('<rdf:li', description)
  const from = packet.indexOf('>', item) + 1
  const to = packet.indexOf('</rdf:li>', from)
  if (description < 0 || item < 0 || from === 0 || to < 0) return undefined
  return packet.slice(from, to).replace(/&(amp|lt|gt|quot|apos);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name])
}
