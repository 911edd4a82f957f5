// faulty - a Kinesis that has bad days, by script; for tests.
// SPDX-License-Identifier: ISC
//
// usage: node faulty.js [--script FILE] [--log FILE] [--owner PID]
//          [--upstream URL] [--shards N] [--secret S] [--ms-off MS] [--port N]
//          [--seed N] [--rate N]
//
// Listens on 127.0.0.1 and a port of the system's choice; prints "PID PORT".
// It verifies every signature with the npm library aws4, enforces the limits
// of the service, and does what the script says.  What is stored is appended
// to --log, a line of JSON each, before the answer goes out: {"request",
// "shard", "key", "hash", "data" (base64)}.  With --upstream the records that
// get through are put into the stream there (kinesalite), else they are only
// logged.  --ms-off is how far its clock is ahead; --rate the records a second
// and shard (1 MiB a second comes with it).
//
// The script is a JSON array of rules.  A rule is {"do": WHAT, ...}:
//   of records   throttle, internal, refuse       "code" gives another one
//   of requests  error ("status", "type", "message", "body", "headers"),
//                slow ("ms"), silent, silent-after, half, reset-before,
//                reset-after, length, lie, null, garbage,
//                stored-error (an error after storing),
//                poison (refused where "data" matches a record),
//                limit (status 413 above "bytes" of body)
// and when it holds:
//   "request": N or [N, M]   the N-th PutRecords (from 1), or N to M
//   "key", "data": REGEX     of a record
//   "shard": N               of a record
//   "share": P               with that probability (--seed)
//   "times": N               at most so often (of records: so many records)
//   "operation": NAME        of another operation than PutRecords
// The first rule of requests that holds is done; rules of records all are.
//
// PUT /faults with {"rules", "log", "shards", "seed"} begins anew with those.
'use strict'

const http = require('http')
const fs = require('fs')
const crypto = require('crypto')
const aws4 = require('aws4')

const options = {
  script: '', log: '', owner: '0', upstream: '', shards: '1', secret: 'test',
  'ms-off': '0', port: '0', seed: '1', rate: '0'
}
const args = process.argv.slice(2)
for (let i = 0; i < args.length; i += 2) {
  const name = args[i].replace(/^--/, '')
  if (!(name in options) || args[i + 1] === undefined) {
    process.stderr.write(`faulty: bad argument '${args[i]}'\n`)
    process.exit(2)
  }
  options[name] = args[i + 1]
}
let rules = options.script === ''
  ? [] : JSON.parse(fs.readFileSync(options.script, 'utf8'))
let log = options.log === '' ? -1 : fs.openSync(options.log, 'a')
let shards = BigInt(options.shards)
const rate = Number(options.rate)
const OF_RECORDS = { throttle: true, internal: true, refuse: true }
const MIB = 1048576

let requests = 0
let era = 0 // grows with each script
let sequence = 0n

// --- small things ------------------------------------------------------------

// Mulberry32: the same seed, the same bad days.
let state = Number(options.seed) >>> 0
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0
  let t = state
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const now = () => Date.now() + Number(options['ms-off'])

const shardName = (n) => `shardId-${String(n).padStart(12, '0')}`

// The shard by the key's MD5, or by the hash key that was given.
const shardOf = (record) => {
  const hash = record.ExplicitHashKey !== undefined
    ? BigInt(record.ExplicitHashKey)
    : BigInt('0x' + crypto.createHash('md5')
      .update(record.PartitionKey, 'utf8').digest('hex'))
  return Number((hash * shards) >> 128n)
}

const bytesOf = (record) => Buffer.byteLength(record.PartitionKey, 'utf8') +
  Buffer.from(record.Data, 'base64').length

// --- rules -------------------------------------------------------------------

const inTime = (rule) => {
  if (rule.times !== undefined && rule.times <= 0) return false
  if (rule.request === undefined) return true
  const [from, to] = Array.isArray(rule.request)
    ? rule.request : [rule.request, rule.request]
  return requests >= from && requests <= to
}

const use = (rule) => {
  if (rule.times !== undefined) rule.times--
  return rule
}

// Does a rule that looks into the request find what it looks for?
const finds = (r, body, size) => {
  if (r.do === 'limit') return size > r.bytes
  if (r.do !== 'poison') return true
  const data = new RegExp(r.data)
  return body.Records.some((one) =>
    data.test(Buffer.from(one.Data, 'base64').toString()))
}

const ruleOfRequest = (operation, body, size) => {
  const rule = rules.find((r) => !OF_RECORDS[r.do] && inTime(r) &&
    (r.operation || 'PutRecords') === operation && finds(r, body, size) &&
    (r.share === undefined || random() < r.share))
  return rule && use(rule)
}

const ruleOfRecord = (record, data, shard) => {
  const rule = rules.find((r) => OF_RECORDS[r.do] && inTime(r) &&
    (r.key === undefined || new RegExp(r.key).test(record.PartitionKey)) &&
    (r.data === undefined || new RegExp(r.data).test(data)) &&
    (r.shard === undefined || r.shard === shard) &&
    (r.share === undefined || random() < r.share))
  return rule && use(rule)
}

// A bucket for each shard, as the service has.
const buckets = new Map()
const isOverRate = (shard, bytes) => {
  if (rate === 0) return false
  const at = Date.now()
  const b = buckets.get(shard) || { at, records: rate, bytes: MIB }
  b.records = Math.min(rate, b.records + (at - b.at) * rate / 1000)
  b.bytes = Math.min(MIB, b.bytes + (at - b.at) * MIB / 1000)
  b.at = at
  buckets.set(shard, b)
  if (b.records < 1 || b.bytes < bytes) return true
  b.records--
  b.bytes -= bytes
  return false
}

// --- answers -----------------------------------------------------------------

const reply = (res, status, body, headers) => {
  const bytes = Buffer.from(body)
  res.writeHead(status, {
    'Content-Type': 'application/x-amz-json-1.1',
    'Content-Length': bytes.length,
    'x-amzn-RequestId': `request-${requests}`,
    Date: new Date(now()).toUTCString(),
    ...headers
  })
  res.end(bytes)
}

const refuse = (res, status, type, message, headers) =>
  reply(res, status, JSON.stringify({ __type: type, message }), headers)

// What aws4 would have signed, from the headers that came.
const signatureFault = (req, body) => {
  const auth = req.headers.authorization || ''
  const m = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(auth)
  if (m === null) return ['MissingAuthenticationTokenException', 'no signature']
  const [, id, , region, service, names] = m
  const date = req.headers['x-amz-date'] || ''
  const d = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (d === null) return ['IncompleteSignatureException', 'no date']
  const stamp = Date.UTC(d[1], d[2] - 1, d[3], d[4], d[5], d[6])
  const text = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
  if (stamp < now() - 300000) {
    return ['InvalidSignatureException', `Signature expired: ${date} is now ` +
      `earlier than ${text(now() - 300000)} (${text(now())} - 5 min.)`]
  }
  if (stamp > now() + 300000) {
    return ['InvalidSignatureException', 'Signature not yet current: ' +
      `${date} is still later than ${text(now() + 300000)} ` +
      `(${text(now())} + 5 min.)`]
  }
  const headers = {}
  for (const name of names.split(';')) headers[name] = req.headers[name]
  for (const name of ['host', 'x-amz-date']) {
    if (!(name in headers)) return ['IncompleteSignatureException', `${name} is not signed`]
  }
  // aws4 adds a length and signs it; only what the client signed counts.
  const wanted = aws4.sign({
    method: req.method, path: req.url, service, region, headers, body,
    host: req.headers.host,
    extraHeadersToIgnore: { 'content-length': !('content-length' in headers) }
  }, {
    accessKeyId: id,
    secretAccessKey: options.secret,
    sessionToken: undefined
  }).headers.Authorization
  return wanted.replace(/, /g, ',') === auth.replace(/, /g, ',')
    ? null
    : ['InvalidSignatureException', 'The request signature we calculated ' +
      'does not match the signature you provided. Check your AWS Secret ' +
      'Access Key and signing method.']
}

const validate = (body) => {
  const records = body.Records
  if (!Array.isArray(records) || records.length < 1 || records.length > 500) {
    return "1 validation error detected: Value at 'records' failed to " +
      'satisfy constraint: Member must have length between 1 and 500'
  }
  if (typeof body.StreamName !== 'string' && typeof body.StreamARN !== 'string') {
    return 'a stream must be named'
  }
  let bytes = 0
  for (const r of records) {
    if (typeof r.Data !== 'string' || typeof r.PartitionKey !== 'string') {
      return 'a record needs Data and PartitionKey'
    }
    if (r.PartitionKey.length < 1 || r.PartitionKey.length > 256) {
      return 'PartitionKey must have length between 1 and 256'
    }
    if (r.ExplicitHashKey !== undefined &&
        (!/^(0|[1-9]\d{0,38})$/.test(r.ExplicitHashKey) ||
        BigInt(r.ExplicitHashKey) >= 1n << 128n)) {
      return `invalid ExplicitHashKey ${r.ExplicitHashKey}`
    }
    if (bytesOf(r) > MIB) return 'a record is larger than 1 MiB'
    bytes += bytesOf(r)
  }
  return bytes > 5 * MIB ? 'the request is larger than 5 MiB' : null
}

// --- storing -----------------------------------------------------------------

const verdicts = (records) => records.map((record) => {
  const shard = shardOf(record)
  const data = Buffer.from(record.Data, 'base64')
  const rule = ruleOfRecord(record, data.toString(), shard)
  if (rule !== undefined || isOverRate(shard, data.length)) {
    const what = rule === undefined ? 'throttle' : rule.do
    if (what === 'throttle') {
      return {
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: `Rate exceeded for shard ${shardName(shard)} in ` +
          'stream x under account 000000000000.'
      }
    }
    return {
      ErrorCode: rule.code || (what === 'internal'
        ? 'InternalFailure' : 'InvalidArgumentException'),
      ErrorMessage: rule.message ||
        (what === 'internal' ? 'Internal Service Failure' : 'not this one')
    }
  }
  return {
    SequenceNumber: String(4959n * 10n ** 52n + sequence++).slice(0, 56),
    ShardId: shardName(shard)
  }
})

// Those that get through are put upstream; its shards and numbers are ours.
const forward = (body, records) => new Promise((resolve, reject) => {
  const request = aws4.sign({
    service: 'kinesis', region: 'us-east-1', method: 'POST', path: '/',
    host: new URL(options.upstream).host,
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'Kinesis_20131202.PutRecords'
    },
    body: JSON.stringify({ StreamName: body.StreamName, Records: records })
  }, { accessKeyId: 'test', secretAccessKey: 'test' })
  const at = new URL(options.upstream)
  const out = http.request({
    method: 'POST', host: at.hostname, port: at.port, path: '/',
    headers: request.headers
  }, (res) => {
    const parts = []
    res.on('data', (p) => parts.push(p))
    res.on('end', () => resolve([res.statusCode, Buffer.concat(parts).toString()]))
  })
  out.on('error', reject)
  out.end(request.body)
})

const store = async (body) => {
  const out = verdicts(body.Records)
  const good = body.Records.filter((r, i) => out[i].ErrorCode === undefined)
  if (options.upstream !== '' && good.length > 0) {
    const [status, text] = await forward(body, good)
    if (status !== 200) return { status, text }
    const theirs = JSON.parse(text).Records
    out.forEach((o, i) => {
      if (o.ErrorCode === undefined) out[i] = theirs.shift()
    })
  }
  if (log !== -1) {
    fs.writeSync(log, body.Records.map((r, i) => out[i].ErrorCode ? ''
      : JSON.stringify({
        request: requests, shard: out[i].ShardId, key: r.PartitionKey,
        hash: r.ExplicitHashKey, data: r.Data
      }) + '\n').join(''))
  }
  return { status: 200, records: out }
}

const answerOf = (records, rule) => {
  let failed = records.filter((r) => r.ErrorCode !== undefined).length
  if (rule.do === 'length') records = records.slice(1)
  if (rule.do === 'lie') failed = failed === 0 ? 7 : 0
  if (rule.do === 'null') {
    records = records.map((r) => r.ErrorCode !== undefined
      ? r : { ErrorCode: null, ErrorMessage: null, ...r })
  }
  return JSON.stringify({
    FailedRecordCount: failed, EncryptionType: 'NONE', Records: records
  })
}

// --- requests ----------------------------------------------------------------

const fail = (res, rule) => reply(res, rule.status || 500,
  rule.body !== undefined ? rule.body
    : JSON.stringify({ __type: rule.type, message: rule.message }),
  rule.headers)

const putRecords = async (req, res, body, size) => {
  requests++
  const rule = ruleOfRequest('PutRecords', body, size) || { do: 'nothing' }
  const at = requests
  const mine = era
  if (rule.do === 'error') return fail(res, rule)
  if (rule.do === 'silent') return
  if (rule.do === 'limit') return reply(res, 413, '')
  if (rule.do === 'poison') {
    return refuse(res, 400, rule.type || 'ValidationException',
      rule.message || '1 validation error detected')
  }
  if (rule.do === 'reset-before') return req.socket.destroy()
  if (rule.do === 'slow') {
    await new Promise((resolve) => setTimeout(resolve, rule.ms))
  }
  if (mine !== era) return req.socket.destroy()
  const wrong = validate(body)
  if (wrong !== null) return refuse(res, 400, 'ValidationException', wrong)
  const stored = await store(body)
  if (stored.status !== 200) return reply(res, stored.status, stored.text)
  const text = answerOf(stored.records, rule)
  switch (rule.do) {
    case 'reset-after':
      return req.socket.destroy()
    case 'silent-after':
      return
    case 'stored-error':
      return fail(res, rule)
    case 'half':
      req.socket.write('HTTP/1.1 200 OK\r\n' +
        `Content-Length: ${text.length}\r\n\r\n${text.slice(0, text.length / 2)}`)
      return setTimeout(() => req.socket.destroy(), 5)
    case 'garbage':
      return reply(res, 200, rule.body || '<html>captive portal</html>')
    default:
      return reply(res, 200, text, { 'x-test-request': at })
  }
}

const describe = (res, body) => {
  const rule = ruleOfRequest('DescribeStreamSummary')
  if (rule !== undefined) return fail(res, rule)
  reply(res, 200, JSON.stringify({
    StreamDescriptionSummary: {
      StreamName: body.StreamName,
      StreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${body.StreamName}`,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      RetentionPeriodHours: 24,
      OpenShardCount: Number(options.shards)
    }
  }))
}

// A new script; what is still under way from the old one is not stored.
const begin = (res, bytes) => {
  const next = JSON.parse(bytes.toString())
  rules = next.rules
  if (log !== -1) fs.closeSync(log)
  log = fs.openSync(next.log, 'a')
  shards = BigInt(next.shards)
  state = next.seed >>> 0
  requests = 0
  era++
  buckets.clear()
  reply(res, 200, '{}')
}

const handle = async (req, res, bytes) => {
  if (req.method === 'PUT' && req.url === '/faults') return begin(res, bytes)
  const fault = signatureFault(req, bytes)
  if (fault !== null) return refuse(res, 400, fault[0], fault[1])
  const target = (req.headers['x-amz-target'] || '').split('.')[1]
  let body
  try {
    body = JSON.parse(bytes.toString())
  } catch (e) {
    return refuse(res, 400, 'SerializationException', e.message)
  }
  if (target === 'PutRecords') return putRecords(req, res, body, bytes.length)
  if (target === 'DescribeStreamSummary') return describe(res, body)
  refuse(res, 400, 'UnknownOperationException', '')
}

const server = http.createServer((req, res) => {
  const parts = []
  req.socket.setNoDelay(true)
  req.on('data', (p) => parts.push(p))
  req.on('error', () => {})
  req.on('end', () => handle(req, res, Buffer.concat(parts)).catch((e) => {
    process.stderr.write(`faulty: ${e.stack}\n`)
    refuse(res, 500, 'InternalFailure', e.message)
  }))
})
server.keepAliveTimeout = 60000

process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => process.exit(0))
process.stdout.on('error', () => {})
server.listen(Number(options.port), '127.0.0.1', () =>
  process.stdout.write(`${process.pid} ${server.address().port}\n`))

if (options.owner !== '0') {
  setInterval(() => {
    try {
      process.kill(Number(options.owner), 0)
    } catch (e) {
      process.exit(0)
    }
  }, 500).unref()
}
