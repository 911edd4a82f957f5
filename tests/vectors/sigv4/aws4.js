// aws4 - signs requests with npm's aws4, the second opinion of make.py.
// SPDX-License-Identifier: ISC
//
// Standard input: a request a line, as JSON; standard output: what aws4 makes
// of it, a line each.  Content-Length is left out of the signature, as it is
// in ours.
'use strict'
const path = require('path')
const modules = path.join(__dirname, '../../node_modules')
const aws4 = require(path.join(modules, 'aws4'))
const lines = require('fs').readFileSync(0, 'utf8').split('\n')

for (const line of lines) {
  if (line === '') continue
  const r = JSON.parse(line)
  const headers = { 'X-Amz-Date': r.date }
  for (const [name, value] of r.headers) headers[name] = value
  const signer = new aws4.RequestSigner({
    method: r.method,
    path: r.path,
    service: r.service,
    region: r.region,
    headers,
    body: r.body === '' ? undefined : Buffer.from(r.body, 'base64'),
    extraHeadersToIgnore: { 'content-length': true }
  }, {
    accessKeyId: r.key,
    secretAccessKey: r.secret,
    sessionToken: r.token || undefined
  })
  signer.prepareRequest()
  console.log(JSON.stringify({
    canonical: signer.canonicalString(),
    to_sign: signer.stringToSign(),
    signature: signer.signature(),
    authorization: signer.authHeader()
  }))
}
