// emulator - what the proxy and the tests ask of the Kinesis behind them.
// SPDX-License-Identifier: ISC
'use strict'

const http = require('http')
const aws4 = require('aws4')

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

class Emulator {
  constructor (url) {
    this.at = new URL(url)
    this.agent = new http.Agent({ keepAlive: true })
  }

  // [status, text]; fails where nobody answers.
  ask (operation, body) {
    const request = aws4.sign({
      service: 'kinesis',
      region: 'us-east-1',
      method: 'POST',
      path: '/',
      host: this.at.host,
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `Kinesis_20131202.${operation}`
      },
      body: JSON.stringify(body)
    }, { accessKeyId: 'test', secretAccessKey: 'test' })
    return new Promise((resolve, reject) => {
      const out = http.request({
        method: 'POST',
        hostname: this.at.hostname,
        port: this.at.port,
        path: '/',
        headers: request.headers,
        agent: this.agent
      }, (res) => {
        const parts = []
        res.on('data', (p) => parts.push(p))
        res.on('end', () =>
          resolve([res.statusCode, Buffer.concat(parts).toString()]))
      })
      out.setNoDelay(true)
      out.on('error', reject)
      out.end(request.body)
    })
  }

  // The answer, parsed; fails where it is a refusal.
  async call (operation, body) {
    const [status, text] = await this.ask(operation, body)
    if (status !== 200) throw new Error(`${operation}: ${status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  // Makes the stream unless it is there, and waits until it is active.
  async create (stream, shards) {
    const [status, text] = await this.ask('CreateStream',
      { StreamName: stream, ShardCount: shards })
    if (status !== 200 && !text.includes('ResourceInUse')) {
      throw new Error(`CreateStream: ${status} ${text}`)
    }
    while ((await this.describe(stream)).StreamStatus !== 'ACTIVE') {
      await pause(5)
    }
  }

  async describe (stream) {
    const answer = await this.call('DescribeStreamSummary',
      { StreamName: stream })
    return answer.StreamDescriptionSummary
  }

  // All records of a shard, oldest first: {shard, key, data}, data in base64.
  async readShard (stream, shard) {
    const records = []
    let { ShardIterator } = await this.call('GetShardIterator', {
      StreamName: stream, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON'
    })
    while (ShardIterator) {
      const answer = await this.call('GetRecords', { ShardIterator })
      if (answer.Records.length === 0) break
      for (const r of answer.Records) {
        records.push({ shard, key: r.PartitionKey, data: r.Data })
      }
      ShardIterator = answer.NextShardIterator
    }
    return records
  }

  async read (stream) {
    const { Shards } = await this.call('ListShards', { StreamName: stream })
    const all = []
    for (const { ShardId } of Shards) {
      all.push(...await this.readShard(stream, ShardId))
    }
    return all
  }

  // What differs between the stream and a log of records that were stored, a
  // line of JSON each; '' where each is there as often as the log says.
  async differs (stream, log) {
    const name = (r) => JSON.stringify([r.shard, r.key, r.data])
    const said = log.split('\n').filter((x) => x !== '').map(JSON.parse)
    const held = await this.read(stream)
    const count = new Map()
    for (const r of said) count.set(name(r), (count.get(name(r)) || 0) + 1)
    for (const r of held) count.set(name(r), (count.get(name(r)) || 0) - 1)
    let lost = 0
    let doubled = 0
    for (const n of count.values()) {
      lost += Math.max(n, 0)
      doubled += Math.max(-n, 0)
    }
    if (lost === 0 && doubled === 0) return ''
    return `${said.length} records were stored, the emulator holds ` +
      `${held.length}: ${lost} lost, ${doubled} doubled or strange\n`
  }
}

module.exports = Emulator
