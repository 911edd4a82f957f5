// faulty - a Kinesis that has bad days, by script; for tests.
// SPDX-License-Identifier: ISC
//
// usage: node faulty.js [--script FILE] [--log FILE] [--owner PID]
//          [--upstream URL [--stream NAME]] [--tls FILE] [--shards N]
//          [--secret S] [--ms-off MS] [--port N] [--seed N] [--rate N]
//
// Listens on 127.0.0.1 and a port of the system's choice; prints "PID PORT".
// It verifies every signature with the npm library aws4, enforces the limits
// of the service, and does what the script says.  What gets through is put
// into the emulator at --upstream, into the stream that was asked for, or into
// NAME, which it makes; without --upstream it is kept here, to be read.  What is
// stored is appended to --log, a line of JSON each, before the answer goes out:
// {"request", "date" (of its signature), "shard", "key", "hash", "data"
// (base64), "lost" (is true where no answer says so)}.  --tls is a file with a key and a certificate; --ms-off
// is how far its clock is ahead; --rate the records a second and shard (1 MiB
// a second comes with it).
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
//   "above": N               of a GetRecords that asks for more records
//   "times": N               at most so often (of records: so many records)
//   "stubborn": true         of a record: a key that was refused stays refused
//   "operation": NAME        of another operation than PutRecords; "request"
//                            counts its own, and an answer can also be
//                            empty (of GetRecords: nothing, and the same
//                            iterator again; what it keeps back is behind,
//                            unless "ms" says another MillisBehindLatest),
//                            again (the one before, once more), behind ("ms"),
//                            edit (each "find", a REGEX, becomes "with")
// The first rule of requests that holds is done; rules of records all are.
//
// PUT /faults with {"rules", "log", "shards", "seed", "stream", "ms-off"} begins
// anew with those, when what was under way is stored or gone.  GET /held is what the
// emulator has of the stream: an array of {"shard", "key", "data"}, in the order
// of each shard.  PUT /agrees with {"log", "stream"} asks whether the emulator
// has in the stream what the log says; 409 says what differs.
'use strict'

const http = require('http')
const fs = require('fs')
const stream = require('stream')
const tls = require('tls')
const Emulator = require('./emulator.js')
const limits = require('./limits.js')
const Memory = require('./memory.js')
const signatureFault = require('./signature.js')

const options = {
  script: '',
  log: '',
  owner: '0',
  upstream: '',
  stream: '',
  tls: '',
  shards: '1',
  secret: 'test',
  'ms-off': '0',
  port: '0',
  seed: '1',
  rate: '0'
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
const buckets = new limits.Buckets(Number(options.rate))
const emulator = options.upstream === '' ? null : new Emulator(options.upstream)
let memory = new Memory(shards)
const OF_RECORDS = { throttle: true, internal: true, refuse: true }
// After these nobody knows whether the records were stored; they were.
const LOSES_ANSWER = {
  'silent-after': true,
  half: true,
  'reset-after': true,
  length: true,
  garbage: true,
  'stored-error': true
}

let requests = 0
let asked = new Map() // of the other operations, how often each
let era = 0 // grows with each script
let storing = 0 // requests
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

// --- rules -------------------------------------------------------------------

const inTime = (rule, n) => {
  if (rule.times !== undefined && rule.times <= 0) return false
  if (rule.request === undefined) return true
  const [from, to] = Array.isArray(rule.request)
    ? rule.request : [rule.request, rule.request]
  return n >= from && n <= to
}

const use = (rule) => {
  if (rule.times !== undefined) rule.times--
  return rule
}

// Does a rule that looks into the request find what it looks for?
const finds = (r, body, size) => {
  if (r.above !== undefined && !(body.Limit > r.above)) return false
  if (r.do === 'limit') return size > r.bytes
  if (r.do !== 'poison') return true
  const data = new RegExp(r.data)
  return body.Records.some((one) =>
    data.test(Buffer.from(one.Data, 'base64').toString()))
}

const ruleOfRequest = (operation, body, size) => {
  const n = operation === 'PutRecords' ? requests : asked.get(operation)
  const rule = rules.find((r) => !OF_RECORDS[r.do] && inTime(r, n) &&
    (r.operation || 'PutRecords') === operation && finds(r, body, size) &&
    (r.share === undefined || random() < r.share))
  return rule && use(rule)
}

const ruleOfRecord = (record, data, shard) => {
  const key = record.PartitionKey
  const old = rules.find((r) => r.refused && r.refused.has(key))
  if (old !== undefined) return old
  const rule = rules.find((r) => OF_RECORDS[r.do] && inTime(r, requests) &&
    (r.key === undefined || new RegExp(r.key).test(key)) &&
    (r.data === undefined || new RegExp(r.data).test(data)) &&
    (r.shard === undefined || r.shard === shard) &&
    (r.share === undefined || random() < r.share))
  if (rule && rule.stubborn) rule.refused = (rule.refused || new Set()).add(key)
  return rule && use(rule)
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

// --- storing -----------------------------------------------------------------

const verdicts = (records) => records.map((record) => {
  const shard = limits.shardOf(record, shards)
  const data = Buffer.from(record.Data, 'base64')
  const rule = ruleOfRecord(record, data.toString(), shard)
  if (rule !== undefined || buckets.isOver(shard, data.length)) {
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

const remember = (records, out, at, date, isLost) => {
  if (log === -1) return
  fs.writeSync(log, records.map((r, i) => out[i].ErrorCode
    ? ''
    : JSON.stringify({
      request: at,
      date,
      shard: out[i].ShardId,
      key: r.PartitionKey,
      hash: r.ExplicitHashKey,
      data: r.Data,
      lost: isLost
    }) + '\n').join(''))
}

const streamOf = (body) => options.stream || body.StreamName

// Those that get through are put upstream; its shards and numbers are ours.
const store = async (body, at, date, isLost) => {
  const records = body.Records
  const out = verdicts(records)
  const good = records.filter((r, i) => out[i].ErrorCode === undefined)
  if (emulator !== null && good.length > 0) {
    const [status, text] = await emulator.ask('PutRecords',
      { StreamName: streamOf(body), Records: good })
    if (status !== 200) return { status, text }
    const theirs = JSON.parse(text).Records
    out.forEach((o, i) => {
      if (o.ErrorCode === undefined) out[i] = theirs.shift()
    })
  }
  if (emulator === null) {
    records.forEach((r, i) =>
      out[i].ErrorCode === undefined && memory.add(r, out[i], now()))
  }
  await untilSeen()
  remember(records, out, at, date, isLost())
  return { status: 200, records: out }
}

const isStoring = async (work) => {
  storing++
  try {
    return await work
  } finally {
    storing--
  }
}

// All that was under way; an emulator that takes longer never answers.
const untilStored = async () => {
  const end = Date.now() + 30000
  while (storing > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const answerOf = (records, rule) => {
  let failed = records.filter((r) => r.ErrorCode).length
  if (rule.do === 'length') records = records.slice(1)
  if (rule.do === 'lie') failed = failed === 0 ? 7 : 0
  if (rule.do === 'null') {
    records = records.map((r) => r.ErrorCode !== undefined
      ? r
      : { ErrorCode: null, ErrorMessage: null, ...r })
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

// Is there nobody who will know what was stored?
const isLost = (rule, req) => LOSES_ANSWER[rule.do] === true ||
  req.socket.destroyed || req.socket.readableEnded

// Until this process, should it have stood still, knows who has left meanwhile.
const untilSeen = async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

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
  const wrong = limits.faultOf(body)
  if (wrong !== null) return refuse(res, 400, 'ValidationException', wrong)
  const stored = await isStoring(
    store(body, at, req.headers['x-amz-date'], () => isLost(rule, req)))
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

const describe = async (res, body) => {
  const rule = ruleOfRequest('DescribeStreamSummary')
  if (rule !== undefined) return fail(res, rule)
  const theirs = emulator === null
    ? { StreamStatus: 'ACTIVE', OpenShardCount: Number(shards) }
    : await emulator.describe(streamOf(body))
  reply(res, 200, JSON.stringify({
    StreamDescriptionSummary: {
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      RetentionPeriodHours: 24,
      ...theirs,
      StreamName: body.StreamName,
      StreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${body.StreamName}`
    }
  }))
}

// What the emulator says to whatever else is asked, on good days.
const given = new Map() // iterators, and the answers of GetRecords with them
const onward = async (body, target, rule) => {
  const ours = body.StreamName !== undefined && options.stream !== ''
    ? { ...body, StreamName: options.stream } : body
  const [status, text] = await (emulator || memory).ask(target, ours)
  if (rule.do === 'edit') {
    return [status, text.replace(new RegExp(rule.find, 'g'), rule.with)]
  }
  if (status !== 200 || target !== 'GetRecords') return [status, text]
  const answer = JSON.parse(text)
  const before = given.get(body.ShardIterator)
  if (rule.do === 'again' && before !== undefined) return [status, before]
  if (rule.do === 'behind') answer.MillisBehindLatest = rule.ms
  if (rule.do === 'empty') {
    // kinesis-local counts from the last record of an answer: 0, with all.
    answer.MillisBehindLatest = rule.ms !== undefined
      ? rule.ms
      : Math.max(answer.MillisBehindLatest, answer.Records.length)
    answer.Records = []
    answer.NextShardIterator = body.ShardIterator
  }
  const said = JSON.stringify(answer)
  if (answer.NextShardIterator) given.set(answer.NextShardIterator, said)
  return [status, said]
}

const passOn = async (req, res, body, target) => {
  const rule = ruleOfRequest(target, body) || { do: 'nothing' }
  if (rule.do === 'error') return fail(res, rule)
  if (rule.do === 'silent') return
  if (rule.do === 'reset-before') return req.socket.destroy()
  if (rule.do === 'slow') {
    await new Promise((resolve) => setTimeout(resolve, rule.ms))
  }
  const [status, text] = await onward(body, target, rule)
  if (target === 'PutRecord' && status === 200) {
    remember([body], [JSON.parse(text)], requests, '', false)
  }
  switch (rule.do) {
    case 'reset-after':
      return req.socket.destroy()
    case 'half':
      req.socket.write('HTTP/1.1 200 OK\r\n' +
        `Content-Length: ${text.length}\r\n\r\n${text.slice(0, text.length / 2)}`)
      return setTimeout(() => req.socket.destroy(), 5)
    case 'garbage':
      return reply(res, 200, rule.body || '<html>captive portal</html>')
    default:
      return reply(res, status, text)
  }
}

const makeStream = async () => {
  if (emulator === null || options.stream === '') return
  await emulator.create(options.stream, Number(shards))
}

// A new script; what is still under way from the old one is not stored.
const begin = async (res, bytes) => {
  const next = JSON.parse(bytes.toString())
  era++
  await untilStored()
  rules = next.rules
  if (log !== -1) fs.closeSync(log)
  log = fs.openSync(next.log, 'a')
  shards = BigInt(next.shards)
  memory = new Memory(shards)
  options.stream = next.stream || ''
  options['ms-off'] = next['ms-off'] || 0
  state = next.seed >>> 0
  requests = 0
  asked = new Map()
  given.clear()
  buckets.clear()
  await makeStream()
  reply(res, 200, '{}')
}

// What the emulator holds, when all that was under way is there.
const held = async (res) => {
  era++
  await untilStored()
  reply(res, 200, JSON.stringify(await emulator.read(options.stream)))
}

// Of any stream and log: whoever wrote that may be gone.
const agrees = async (res, bytes) => {
  const { log, stream } = JSON.parse(bytes.toString())
  era++
  await untilStored()
  const fault = await emulator.differs(stream, fs.readFileSync(log, 'utf8'))
  reply(res, fault === '' ? 200 : 409, fault)
}

const handle = async (req, res, bytes) => {
  if (req.method === 'PUT' && req.url === '/faults') return begin(res, bytes)
  if (req.method === 'GET' && req.url === '/held') return held(res)
  if (req.method === 'PUT' && req.url === '/agrees') return agrees(res, bytes)
  const fault = signatureFault(req, bytes, options.secret, now())
  if (fault !== null) return refuse(res, 400, fault[0], fault[1])
  const target = (req.headers['x-amz-target'] || '').split('.')[1]
  let body
  try {
    body = JSON.parse(bytes.toString())
  } catch (e) {
    return refuse(res, 400, 'SerializationException', e.message)
  }
  if (target === 'PutRecords') return putRecords(req, res, body, bytes.length)
  asked.set(target, (asked.get(target) || 0) + 1)
  if (target === 'DescribeStreamSummary') return describe(res, body)
  return passOn(req, res, body, target)
}

const take = (req, res) => {
  const parts = []
  req.socket.setNoDelay(true)
  req.on('data', (p) => parts.push(p))
  req.on('error', () => {})
  req.on('end', () => handle(req, res, Buffer.concat(parts)).catch((e) => {
    process.stderr.write(`faulty: ${e.stack}\n`)
    refuse(res, 500, 'InternalFailure', e.message)
  }))
}

// Who offers HTTP/2, or waits for leave to send, gets nowhere.
const onlyOld = ({ protocols }) => protocols.find((p) => p === 'http/1.1' &&
  !protocols.includes('h2'))

// A client that is quick on the heels of a long answer finds Node not done with
// it, which then pauses the connection; under TLS it next refuses what comes on
// that ("Parse Error: Paused").  So no answer is long enough.
stream.setDefaultHighWaterMark(false, 16 << 20)

const pem = options.tls === '' ? null : fs.readFileSync(options.tls)
const web = http.createServer(take)
web.keepAliveTimeout = 60000
// Not https: that of Node 18 takes no ALPNCallback.
const server = pem === null
  ? web
  : tls.createServer({ key: pem, cert: pem, ALPNCallback: onlyOld },
    (socket) => web.emit('connection', socket))
web.on('checkContinue', (req, res) =>
  refuse(res, 417, 'ExpectationFailed', 'no Expect header, please'))

// What the emulator is storing is logged before we go.
const stop = () => untilStored().then(() => process.exit(0))
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.stdout.on('error', () => {})

const start = async () => {
  await makeStream()
  // A port that was ours before may be somebody's connection for a moment.
  const end = Date.now() + 60000
  const listen = () => server.listen(Number(options.port), '127.0.0.1')
  server.on('error', (e) => {
    if (e.code !== 'EADDRINUSE' || Date.now() > end) throw e
    setTimeout(listen, 100)
  })
  server.on('listening', () =>
    process.stdout.write(`${process.pid} ${server.address().port}\n`))
  listen()
}
start().catch((e) => {
  process.stderr.write(`faulty: ${e.message}\n`)
  process.exit(3)
})

if (options.owner !== '0') {
  setInterval(() => {
    try {
      process.kill(Number(options.owner), 0)
    } catch (e) {
      process.exit(0)
    }
  }, 500).unref()
}
