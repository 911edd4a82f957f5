// signature - refuses a request as Kinesis does, by the library aws4.
// SPDX-License-Identifier: ISC
'use strict'

const aws4 = require('aws4')

const AUTHORIZATION = new RegExp('^AWS4-HMAC-SHA256 ' +
  'Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, ?' +
  'SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$')
const TOLERANCE_MS = 300000

const compact = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')

// [type, message] where the date is not one that the service takes.
const faultOfDate = (date, now) => {
  const d = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (d === null) return ['IncompleteSignatureException', 'no date']
  const stamp = Date.UTC(d[1], d[2] - 1, d[3], d[4], d[5], d[6])
  if (stamp < now - TOLERANCE_MS) {
    return ['InvalidSignatureException', `Signature expired: ${date} is now ` +
      `earlier than ${compact(now - TOLERANCE_MS)} (${compact(now)} - 5 min.)`]
  }
  if (stamp > now + TOLERANCE_MS) {
    return ['InvalidSignatureException', 'Signature not yet current: ' +
      `${date} is still later than ${compact(now + TOLERANCE_MS)} ` +
      `(${compact(now)} + 5 min.)`]
  }
  return null
}

// [type, message] of what is wrong with the request's signature, else null.
const faultOf = (req, body, secret, now) => {
  const auth = req.headers.authorization || ''
  const m = AUTHORIZATION.exec(auth)
  if (m === null) return ['MissingAuthenticationTokenException', 'no signature']
  const [, id, day, region, service, names] = m
  const date = req.headers['x-amz-date'] || ''
  const fault = faultOfDate(date, now)
  if (fault !== null) return fault
  if (!date.startsWith(day)) {
    return ['InvalidSignatureException', 'Date in Credential scope does not ' +
      `match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}'`]
  }
  const headers = {}
  for (const name of names.split(';')) headers[name] = req.headers[name]
  for (const name of ['host', 'x-amz-date']) {
    if (!(name in headers)) {
      return ['IncompleteSignatureException', `${name} is not signed`]
    }
  }
  // aws4 adds a length and signs it; only what the client signed counts.
  const wanted = aws4.sign({
    method: req.method,
    path: req.url,
    service,
    region,
    headers,
    body,
    host: req.headers.host,
    extraHeadersToIgnore: { 'content-length': !('content-length' in headers) }
  }, {
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: undefined
  }).headers.Authorization
  return wanted.replace(/, /g, ',') === auth.replace(/, /g, ',')
    ? null
    : ['InvalidSignatureException', 'The request signature we calculated ' +
      'does not match the signature you provided. Check your AWS Secret ' +
      'Access Key and signing method.']
}

module.exports = faultOf
