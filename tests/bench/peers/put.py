"""put - what kinesis-put does, with botocore: requests of 500 records.

usage: put.py STREAM URL < lines

SPDX-License-Identifier: ISC
"""

import itertools
import random
import sys

import botocore.session


def main():
    client = botocore.session.get_session().create_client(
        "kinesis", region_name="us-east-1", endpoint_url=sys.argv[2])
    while batch := list(itertools.islice(sys.stdin.buffer, 500)):
        answer = client.put_records(StreamName=sys.argv[1], Records=[
            {"Data": line.rstrip(b"\n"),
             "PartitionKey": f"{random.getrandbits(64):x}"} for line in batch])
        if answer["FailedRecordCount"]:
            sys.exit("put.py: a record was refused")


main()
