"""get - what kinesis-get does, with botocore: the records of a shard as lines.

usage: get.py STREAM URL RECORDS

SPDX-License-Identifier: ISC
"""

import sys

import botocore.session


def main():
    client = botocore.session.get_session().create_client(
        "kinesis", region_name="us-east-1", endpoint_url=sys.argv[2])
    iterator = client.get_shard_iterator(
        StreamName=sys.argv[1], ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    left = int(sys.argv[3])
    while left > 0:
        answer = client.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            sys.stdout.buffer.write(record["Data"] + b"\n")
        left -= len(answer["Records"])
        iterator = answer["NextShardIterator"]


main()
