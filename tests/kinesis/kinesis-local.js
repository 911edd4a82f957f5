// kinesis-local - runs the other local Kinesis on the loopback interface alone.
// SPDX-License-Identifier: ISC
//
// usage: node kinesis-local.js [--owner PID]
//
// npm's kinesis-local takes two ports that must be free, of every interface,
// and says in its log which.  Here both are of the system's choice, and on
// 127.0.0.1.  When it listens this prints "PID PORT", the port without TLS, and
// nothing after that.  It ends by SIGTERM, or when the process --owner has gone.
'use strict'

const net = require('net')
const path = require('path')

const args = process.argv.slice(2)
const owner = args[0] === '--owner' ? Number(args[1]) : 0
if (args.length > 0 && !(owner > 0)) {
  process.stderr.write(`kinesis-local: bad argument '${args[0]}'\n`)
  process.exit(2)
}

const PLAIN = 4568
const home = path.dirname(require.resolve('kinesis-local/package.json'))
const say = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true // its log
const complain = process.stderr.write.bind(process.stderr)
process.stderr.write = (text, ...rest) =>
  String(text).includes('starving') || complain(text, ...rest)
process.stdout.on('error', () => {})

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  this.on('connection', (socket) => socket.setNoDelay(true))
  return listen.call(this, 0, '127.0.0.1', () => {
    if (port === PLAIN) say(`${process.pid} ${this.address().port}\n`)
    rest[rest.length - 1]()
  })
}

Object.assign(process.env, {
  KINESIS_MOCK_PLAIN_PORT: String(PLAIN),
  KINESIS_MOCK_CERT_PATH: path.join(home, 'server.json'),
  CREATE_STREAM_DURATION: '10ms',
  SHARD_LIMIT: '100000',
  AWS_REGION: 'us-east-1',
  LOG_LEVEL: 'ERROR',
  ROOT_LOG_LEVEL: 'ERROR'
})
// It takes seconds to leave by itself, and may never be done with it.
const leave = () => process.kill(process.pid, 'SIGKILL')
process.on('SIGTERM', leave)
process.on('SIGINT', leave)
if (owner > 0) {
  setInterval(() => {
    try {
      process.kill(owner, 0)
    } catch (err) {
      leave()
    }
  }, 500).unref()
}
require('kinesis-local/main.js')
