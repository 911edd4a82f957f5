#!/usr/bin/python3
# line - a Kinesis at the end of a bad line: bytes come slowly, the connection
# dies, or somebody else answers.  For what no proxy in Node can do: small
# windows, sudden ends.
# SPDX-License-Identifier: ISC
#
# usage: line.py slow BYTES_PER_S      every connection is read that fast
#        line.py drip BYTES_PER_S      every answer comes that slowly
#        line.py dead N                the first connection ends without an
#                                      answer when its N-th request is whole
#        line.py proxy STATUS          answers for itself, in HTML
# Prints "PID PORT"; each request that came whole is a line in ./line.log with
# the count of its records.  Ends with its parent.
import json
import os
import re
import socket
import sys
import threading
import time

how, number = sys.argv[1], int(sys.argv[2])
log = open('line.log', 'a', buffering=1)


def requests(connection):
    """Each request's body, read as slowly as was asked for."""
    got = b''

    def more(most):
        data = connection.recv(most)
        if how == 'slow':
            time.sleep(len(data) / number)
        if not data:
            raise EOFError
        return data

    while True:
        while b'\r\n\r\n' not in got:
            got += more(4096)
        head, got = got.split(b'\r\n\r\n', 1)
        n = int(re.search(rb'(?i)content-length: *(\d+)', head).group(1))
        parts, have = [got], len(got)
        while have < n:
            parts.append(more(16384))
            have += len(parts[-1])
        got = b''.join(parts)
        yield got[:n]
        got = got[n:]


def send(connection, data):
    """An answer, as slowly as was asked for."""
    step = number // 20 if how == 'drip' else len(data)
    for at in range(0, len(data), step):
        connection.sendall(data[at:at + step])
        if how == 'drip':
            time.sleep(0.05)


def serve(connection, first):
    try:
        for count, body in enumerate(requests(connection), 1):
            records = json.loads(body).get('Records', [])
            log.write(f'{len(records)}\n')
            if how == 'dead' and first and count == number:
                connection.close()
                return
            if how == 'proxy':
                text = '<html><title>Blocked by Example Ltd.</title></html>'
                send(connection, (
                    f'HTTP/1.1 {number} No\r\nContent-Type: text/html\r\n'
                    f'Content-Length: {len(text)}\r\n\r\n{text}').encode())
                continue
            text = json.dumps({'FailedRecordCount': 0, 'Records': [
                {'SequenceNumber': '1', 'ShardId': 'shardId-000000000000'}
            ] * len(records)})
            send(connection, (
                'HTTP/1.1 200 OK\r\n'
                f'Content-Length: {len(text)}\r\n\r\n{text}').encode())
    except (EOFError, OSError):
        pass


def listen(server):
    first = True
    while True:
        connection, _ = server.accept()
        threading.Thread(
            target=serve, args=(connection, first), daemon=True).start()
        first = False


parent = os.getppid()
server = socket.socket()
if how == 'slow':  # what has been sent has nearly been read
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
server.bind(('127.0.0.1', 0))
server.listen(64)
print(os.getpid(), server.getsockname()[1], flush=True)
threading.Thread(target=listen, args=(server,), daemon=True).start()
while os.getppid() == parent:
    time.sleep(0.5)
