// identity-server - a small STS, SSO, container agent and IMDS for the tests.
// SPDX-License-Identifier: ISC
//
// usage: node identity-server.js LOG [OPTIONS as JSON]
// Listens on a free port of 127.0.0.1 and prints it.  Each request is a line
// of JSON in LOG.  A signed request is verified with npm's aws4, and refused as
// STS refuses it.  Options:
//   secrets   {"KEYID": "secret"}: who may assume a role
//   ttl       seconds that credentials last (3600)
//   skew      seconds that this server's clock is ahead
//   faults    [{"path","status","body","headers","times","after"}]: answered
//             first, but for as many as "after" says; a status of 0 is no
//             answer at all
//   authorization  what the container agent wants
//   v1        IMDS wants no token
//   host, port     where to listen
'use strict'
const http = require('http')
const fs = require('fs')
const path = require('path')
const aws4 = require(path.join(__dirname, '../node_modules/aws4'))

const [log, text] = process.argv.slice(2)
const options = Object.assign({ secrets: {}, ttl: 3600, skew: 0, faults: [], host: '127.0.0.1', port: 0 },
  JSON.parse(text || '{}'))
let issued = 0

const now = () => Date.now() + options.skew * 1000
const expires = () => new Date(now() + options.ttl * 1000)
  .toISOString().replace(/\.\d+Z/, 'Z')
const compact = t => new Date(t).toISOString().replace(/[-:]|\.\d+/g, '')

// Keys by which the tests know who made them, and how many times.
function keys (who) {
  issued++
  const id = `ASIA${who.toUpperCase()}${issued}`
  options.secrets[id] = `secret-of-${who}-${issued}`
  return { id, secret: options.secrets[id], token: `token-of-${who}-${issued}` }
}

function stsError (status, code, message) {
  return [status, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`]
}

// What is wrong with the signature, as an answer; undefined if it is right.
function verify (request, body) {
  const given = request.headers.authorization || ''
  const m = given.match(/Credential=([^/]+)\/\d+\/([^/]+)\/sts\/aws4_request, SignedHeaders=([^,]+),/)
  if (m === null) return stsError(403, 'MissingAuthenticationToken', 'none')
  const [, id, region, names] = m
  const secret = options.secrets[id]
  if (secret === undefined) {
    return stsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid')
  }
  const date = request.headers['x-amz-date']
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  if (at < now() - 300000) {
    return stsError(403, 'SignatureDoesNotMatch', `Signature expired: ${date} is now earlier than ${compact(now() - 300000)} (${compact(now())} - 5 min.)`)
  }
  if (at > now() + 300000) {
    return stsError(403, 'SignatureDoesNotMatch', `Signature not yet current: ${date} is still later than ${compact(now() + 300000)} (${compact(now())} + 5 min.)`)
  }
  const headers = {}
  for (const name of names.split(';')) headers[name] = request.headers[name]
  const signer = new aws4.RequestSigner({
    method: 'POST', path: request.url, service: 'sts', region, headers, body,
    extraHeadersToIgnore: { 'content-length': true }
  }, { accessKeyId: id, secretAccessKey: secret })
  signer.datetime = date
  if (signer.authHeader() !== given) {
    return stsError(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match')
  }
}

function sts (request, body) {
  const form = new URLSearchParams(body.toString())
  const action = form.get('Action')
  if (action === 'AssumeRole') {
    const refusal = verify(request, body)
    if (refusal !== undefined) return refusal
  }
  const k = keys(action === 'AssumeRole' ? 'role' : 'web')
  return [200, `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result>
    <AssumedRoleUser><Arn>${form.get('RoleArn')}</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${k.id}</AccessKeyId>
      <SecretAccessKey>${k.secret}</SecretAccessKey>
      <SessionToken>${k.token}</SessionToken>
      <Expiration>${expires()}</Expiration>
    </Credentials>
  </${action}Result>
  <ResponseMetadata><RequestId>r-2</RequestId></ResponseMetadata>
</${action}Response>
`]
}

function machine (who) {
  const k = keys(who)
  return [200, JSON.stringify({
    Code: 'Success',
    AccessKeyId: k.id,
    SecretAccessKey: k.secret,
    Token: k.token,
    Expiration: expires()
  }, null, 2)]
}

function sso (request) {
  const k = keys('sso')
  if (!/^good/.test(request.headers['x-amz-sso_bearer_token'])) {
    return [401, '{"message":"Session token not found or invalid"}']
  }
  return [200, JSON.stringify({
    roleCredentials: {
      accessKeyId: k.id,
      secretAccessKey: k.secret,
      sessionToken: k.token,
      expiration: Date.parse(expires())
    }
  })]
}

const ROLES = '/latest/meta-data/iam/security-credentials/'

function answer (request, body) {
  const url = request.url
  if (request.method === 'POST' && url === '/') return sts(request, body)
  if (url.startsWith('/federation/credentials?')) return sso(request)
  if (url === '/token') {
    return [200, '{"accessToken":"good-renewed","expiresIn":28800,"refreshToken":"next","tokenType":"Bearer"}']
  }
  if (url === '/container') {
    if (options.authorization !== undefined &&
        request.headers.authorization !== options.authorization) {
      return [401, '{"code":"AccessDenied","message":"wrong token"}']
    }
    return machine('container')
  }
  if (request.method === 'PUT' && url === '/latest/api/token') {
    return [200, 'imds-token']
  }
  if (url.startsWith(ROLES)) {
    const token = request.headers['x-aws-ec2-metadata-token']
    if (token !== 'imds-token' && !(options.v1 && token === undefined)) {
      return [401, '']
    }
    return url === ROLES ? [200, 'the-role\n'] : machine('imds')
  }
  return [404, 'not here']
}

function fault (request) {
  const f = options.faults.find(x => x.path === request.url && x.times !== 0)
  if (f === undefined) return undefined
  if (f.after > 0) {
    f.after--
    return undefined
  }
  f.times = (f.times === undefined ? 1 : f.times) - 1
  return [f.status, f.body || '', f.headers]
}

http.createServer((request, response) => {
  const parts = []
  // A proxy is asked with whole URLs; who answers them is us too.
  const asked = request.url
  request.url = asked.replace(/^http:\/\/[^/]+/, '')
  request.on('data', part => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts)
    fs.appendFileSync(log, JSON.stringify({
      method: request.method,
      url: asked,
      headers: request.headers,
      body: body.toString()
    }) + '\n')
    const [status, reply, headers] = fault(request) || answer(request, body)
    if (status === 0) return
    response.sendDate = false
    response.writeHead(status, Object.assign({
      Date: new Date(now()).toUTCString(),
      'Content-Length': Buffer.byteLength(reply)
    }, headers))
    response.end(reply)
  })
}).listen(options.port, options.host, function () {
  console.log(this.address().port)
})
