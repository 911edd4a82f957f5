"""delivery_server - the Kinesis that random bad days are drawn for.

SPDX-License-Identifier: ISC
"""

import base64
import http.client
import json
import os
import subprocess
from pathlib import Path

KINESIS = Path(__file__).resolve().parents[1] / "kinesis"


class Failure(Exception):
    def __repr__(self):
        return str(self)


def check(holds, what):
    if not holds:
        raise Failure(what)


def start_node(script, *args):
    """A server that prints its process and its port."""
    p = subprocess.Popen(
        ["node", str(KINESIS / script), "--owner",
         str(os.getpid()), *args],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return p, int(p.stdout.readline().split()[1])


class Server:
    """A faulty Kinesis that serves one case after the other."""

    def __init__(self, emulator):
        self.process, self.port = start_node(
            "faulty.js", "--upstream", "http://127.0.0.1:%d" % emulator)

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request(method, path, body)
        answer = c.getresponse()
        text = answer.read().decode()
        check(answer.status == 200, "%s %s: %s" % (method, path, text))
        c.close()
        return json.loads(text)

    def begin(self, rules, log, shards, seed, stream):
        self.ask("PUT", "/faults", json.dumps(
            {"rules": rules, "log": str(log), "shards": shards,
             "seed": seed, "stream": stream}))

    def held(self):
        return self.ask("GET", "/held")

    def end(self):
        self.process.terminate()
        self.process.wait()


MAGIC = b"\xf3\x89\x9a\xc2"


def varint(b, at):
    value = shift = 0
    while True:
        value |= (b[at] & 0x7f) << shift
        shift += 7
        at += 1
        if b[at - 1] < 0x80:
            return value, at


def lines_of(data):
    """The lines of a record, which may be a pack."""
    data = base64.b64decode(data)
    lines = unpack(data) if data.startswith(MAGIC) else [data]
    return [line.decode() for line in lines]


def unpack(b):
    """The data of an aggregated record's members."""
    b, at, out = b[4:-16], 0, []
    while at < len(b):
        tag, at = varint(b, at)
        n, at = varint(b, at)
        message, at = b[at:at + n], at + n
        if tag != 3 << 3 | 2:
            continue
        inner = 0
        while inner < len(message):
            tag, inner = varint(message, inner)
            n, inner = varint(message, inner)
            if tag == 3 << 3 | 2:
                out.append(message[inner:inner + n])
                inner += n
    return out
