import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { hubFileOf, resolveUrl } from '../../../src/styles/download/hub-address.ts'
import { whyPrivate } from '../../../src/styles/download/vet-address.ts'
import { hostsWithHub, usualHosts, vettedUrl } from '../../../src/styles/download/vet-url.ts'

test('addresses of the public internet may be connected to', () => {
  for (const address of ['8.8.8.8', '99.84.108.1', '2606:4700::6810:84e5', '2a00:1450:4001::1'])
    assert.equal(whyPrivate(address), undefined, address)
})

test('no connection goes to this host, its networks, its cloud, or to an IPv4 address in disguise', () => {
  const refused = [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...[
      '100.127.255.254',
      '192.0.0.170',
      '192.0.2.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      '::1',
      '::127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::ffff:0:127.0.0.1',
      'fe80::1',
      'fc00::1',
      'fd00:ec2::254',
      'fec0::1',
      'ff02::1',
    ],
    ...['64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', '100::1'],
    ...['', 'localhost'],
  ]
  for (const address of refused) assert.equal(typeof whyPrivate(address), 'string', address)
})

test('shortened and odd spellings of private addresses are what they mean', () => {
  for (const address of ['127.1', '0x7f000001', '2130706433', '017700000001', '10.1'])
    assert.equal(typeof whyPrivate(address), 'string', address)
})

const codeOf = (url: string, redirected = false): string => {
  try {
    vettedUrl(url, usualHosts, redirected)
    return 'allowed'
  } catch (error) {
    assert.ok(error instanceof UserError)
    assert.doesNotMatch(error.message, /secret/)
    return error.code
  }
}

test('only https on its own port, from hosts on the list, without a password', () => {
  for (const [url, code] of [
    ['https://huggingface.co/a/b/resolve/main/c.safetensors', 'allowed'],
    ['https://HuggingFace.co:443/x', 'allowed'],
    ['https://civitai.com/api/download/models/1?type=Model', 'allowed'],
    ['http://huggingface.co/x?token=secret', 'url-not-https'],
    ['file:///etc/passwd', 'url-not-https'],
    ['ftp://huggingface.co/x', 'url-not-https'],
    ['data:text/plain,x', 'url-not-https'],
    ['https://huggingface.co:8443/x', 'url-port'],
    ['https://me:secret@huggingface.co/x', 'url-with-password'],
    ['https://huggingface.co@evil.example/x', 'url-with-password'],
    ['https://huggingface.co.evil.example/x', 'url-host'],
    ['https://evilhuggingface.co/x', 'url-host'],
    ['https://127.0.0.1/x', 'url-host'],
    ['https://[::1]/x', 'url-host'],
    ['https://2130706433/x', 'url-host'],
    ['https://localhost/x', 'url-host'],
    ['https://huggingface.co./x', 'url-host'],
    ['https://hugg\u0456ngface.co/x', 'url-host'],
    ['https://us.aws.cdn.hf.co/x', 'url-host'],
    ['look.safetensors', 'url-invalid'],
    ['https://', 'url-invalid'],
  ] as const) {
    assert.equal(codeOf(url), code, url)
  }
})

test('a redirect may lead to where those hosts keep their files, and no further', () => {
  assert.equal(codeOf('https://us.aws.cdn.hf.co/x?Signature=secret', true), 'allowed')
  assert.equal(codeOf('https://cas-bridge.xethub.hf.co/x', true), 'allowed')
  assert.equal(codeOf('https://hf.co.evil.example/x', true), 'url-host')
  assert.equal(codeOf('https://evil-hf.co/x', true), 'url-host')
  assert.equal(codeOf('https://other.r2.cloudflarestorage.com/x', true), 'url-host')
  assert.equal(codeOf('http://us.aws.cdn.hf.co/x', true), 'url-not-https')
})

test('a file on the hub is owner/repo/file, with folders and a revision; nothing climbs out', () => {
  assert.equal(
    resolveUrl('https://huggingface.co', hubFileOf('guoyww/animatediff/v3_sd15_mm.ckpt')),
    'https://huggingface.co/guoyww/animatediff/resolve/main/v3_sd15_mm.ckpt',
  )
  assert.equal(
    resolveUrl('https://huggingface.co', hubFileOf('a/b@v1.0/sub folder/ü#?.safetensors')),
    'https://huggingface.co/a/b/resolve/v1.0/sub%20folder/%C3%BC%23%3F.safetensors',
  )
  for (const named of [
    'a/b',
    'a',
    '',
    'a/b/',
    '/a/b/c',
    'a/../c',
    'a/b/../../c',
    '../b/c',
    'a/b/c\\d',
    'a/b/c\nd',
    'a b/c/d',
    'https://huggingface.co/a/b/c',
  ])
    assert.throws(() => hubFileOf(named), { code: 'hub-name' }, named)
})

test('a mirror of the hub may be named where the operator has named it, by https on its own port alone', () => {
  const url = 'https://hf-mirror.com/owner/repo/resolve/main/a.safetensors'
  assert.throws(() => vettedUrl(url, hostsWithHub(undefined), false), { code: 'url-host' })
  assert.equal(vettedUrl(url, hostsWithHub('https://hf-mirror.com'), false).href, url)
  assert.throws(() => vettedUrl(url.replace('https', 'http'), hostsWithHub('https://hf-mirror.com'), false), { code: 'url-not-https' })
})
