// memory - the shards of one stream that faulty.js keeps by itself, to be read.
// SPDX-License-Identifier: ISC
'use strict'

const shardName = (n) => `shardId-${String(n).padStart(12, '0')}`
const KEYS = 1n << 128n

// Answers as an Emulator does: [status, text].
class Memory {
  constructor (shards) {
    this.count = Number(shards)
    this.shards = new Map()
    for (let i = 0; i < this.count; i++) this.shards.set(shardName(i), [])
  }

  // What PutRecords stored, as its answer has it.
  add (record, { ShardId, SequenceNumber }, ms) {
    this.shards.get(ShardId).push({
      SequenceNumber,
      PartitionKey: record.PartitionKey,
      Data: record.Data,
      ApproximateArrivalTimestamp: ms / 1000
    })
  }

  ListShards () {
    const width = KEYS / BigInt(this.count)
    return {
      Shards: [...this.shards.keys()].map((ShardId, i) => ({
        ShardId,
        HashKeyRange: {
          StartingHashKey: String(width * BigInt(i)),
          EndingHashKey: String(i === this.count - 1
            ? KEYS - 1n : width * BigInt(i + 1) - 1n)
        },
        SequenceNumberRange: { StartingSequenceNumber: '1' }
      }))
    }
  }

  GetShardIterator ({ ShardId, ShardIteratorType, Timestamp }) {
    const first = ShardIteratorType === 'AT_TIMESTAMP'
      ? this.shards.get(ShardId).findIndex(
        (r) => r.ApproximateArrivalTimestamp >= Timestamp)
      : 0
    const at = first === -1 ? this.shards.get(ShardId).length : first
    return { ShardIterator: `${ShardId}:${at}` }
  }

  GetRecords ({ ShardIterator, Limit }) {
    const [ShardId, at] = ShardIterator.split(':')
    const all = this.shards.get(ShardId)
    const Records = all.slice(Number(at), Number(at) + (Limit || 10000))
    const next = Number(at) + Records.length
    return {
      Records,
      NextShardIterator: `${ShardId}:${next}`,
      MillisBehindLatest: next < all.length ? 1000 : 0
    }
  }

  async ask (operation, body) {
    const can = ['ListShards', 'GetShardIterator', 'GetRecords']
    if (!can.includes(operation)) {
      return [400, JSON.stringify({ __type: 'UnknownOperationException' })]
    }
    return [200, JSON.stringify(this[operation](body))]
  }
}

module.exports = Memory
