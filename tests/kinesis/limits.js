// limits - what Kinesis takes: of records, of a request, of a shard a second.
// SPDX-License-Identifier: ISC
'use strict'

const crypto = require('crypto')

const MIB = 1048576

// The shard by the key's MD5, or by the hash key that was given.
const shardOf = (record, shards) => {
  const hash = record.ExplicitHashKey !== undefined
    ? BigInt(record.ExplicitHashKey)
    : BigInt('0x' + crypto.createHash('md5')
      .update(record.PartitionKey, 'utf8').digest('hex'))
  return Number((hash * shards) >> 128n)
}

const bytesOf = (record) => Buffer.byteLength(record.PartitionKey, 'utf8') +
  Buffer.from(record.Data, 'base64').length

// What is wrong with a request, in the service's words, else null.
const faultOf = (body) => {
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

// A bucket for each shard, as the service has: records and bytes a second.
class Buckets {
  constructor (rate) {
    this.rate = rate
    this.clear()
  }

  clear () {
    this.buckets = new Map()
  }

  isOver (shard, bytes) {
    if (this.rate === 0) return false
    const at = Date.now()
    const b = this.buckets.get(shard) || { at, records: this.rate, bytes: MIB }
    b.records = Math.min(this.rate, b.records + (at - b.at) * this.rate / 1000)
    b.bytes = Math.min(MIB, b.bytes + (at - b.at) * MIB / 1000)
    b.at = at
    this.buckets.set(shard, b)
    if (b.records < 1 || b.bytes < bytes) return true
    b.records--
    b.bytes -= bytes
    return false
  }
}

module.exports = { shardOf, faultOf, Buckets }
