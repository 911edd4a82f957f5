"""flood - one request of 500 records over and over: what an emulator allows.

usage: flood.py STREAM URL N < lines

Sends N records, of the first 500 lines, by four connections.  Only for who
checks no signature.

SPDX-License-Identifier: ISC
"""

import base64
import http.client
import itertools
import json
import sys
import threading
import urllib.parse

CONNECTIONS = 4
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "Kinesis_20131202.PutRecords",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"
                     "kinesis/aws4_request, SignedHeaders=host, Signature=0",
    "X-Amz-Date": "20260101T000000Z",
}


def main():
    stream, url, n = sys.argv[1:]
    host = urllib.parse.urlsplit(url).netloc
    body = json.dumps({"StreamName": stream, "Records": [
        {"Data": base64.b64encode(line.rstrip(b"\n")).decode(),
         "PartitionKey": f"{i:016x}"}
        for i, line in enumerate(itertools.islice(sys.stdin.buffer, 500))]})
    requests = iter(range(int(n) // 500))
    lock = threading.Lock()
    failed = []

    def send():
        c = http.client.HTTPConnection(host)
        while True:
            with lock:
                if next(requests, None) is None:
                    return
            c.request("POST", "/", body, HEADERS)
            answer = c.getresponse()
            if b'"FailedRecordCount":0' not in answer.read():
                failed.append(answer.status)
                return

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        sys.exit(f"flood.py: status {failed[0]}")


main()
