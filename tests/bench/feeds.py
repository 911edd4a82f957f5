"""feeds - rows as real programs write them: thirteen shapes, made up.

Eight are the rows of one web server as its log may look: one layout, blanks,
optional fields, other orders, escapes, many columns, nested events.  Five have
the fields of programs whose documentation lists them (read 2026-11): nginx with
log_format escape=json, pino-http, Docker's json-file driver, Suricata's
eve.json, AWS CloudTrail.

SPDX-License-Identifier: ISC
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timezone

START_MS = 1767225600000
HOSTS = [f"web-{i:02}" for i in range(40)]
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "curl/8.5.0",
          "Go-http-client/2.0"]
WORDS = ("connection", "reset", "by", "peer", "after", "retry", "of", "shard",
         "cache", "miss", "user", "login", "quota", "exceeded")


@dataclass
class Feed:
    """Of each minute and key: the rows, one field's sum, another's maximum."""
    name: str
    row: object               # (rng, ms) -> dict
    time: str = "ts"
    key: str = "host"
    total: str = "latency"    # three decimals
    most: str = "bytes"
    columns: str = ("ts BIGINT, host VARCHAR, latency DECIMAL(18,3), "
                    "bytes BIGINT")   # as DuckDB declares them
    blanks: bool = False

    @property
    def in_ms(self):
        """Times are milliseconds, or else ISO texts of UTC."""
        return self.columns.startswith(f"{self.time} BIGINT")

    def lines(self, n):
        rng, ms = random.Random(self.name), START_MS
        parting = None if self.blanks else (",", ":")
        for _ in range(n):
            ms += rng.randrange(8)
            yield json.dumps(self.row(rng, ms), separators=parting,
                             ensure_ascii=rng.random() < 0.5) + "\n"


def text(rng, most):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, most)))


def millis(rng):
    return round(rng.expovariate(1 / 30), 3)


def hexes(rng, n):
    return f"{rng.getrandbits(4 * n):0{n}x}"


def iso(ms, digits=0, zone="Z"):
    t = datetime.fromtimestamp(ms // 1000, timezone.utc)
    fraction = f".{ms % 1000:03}{'0' * (digits - 3)}" if digits else ""
    return t.strftime("%Y-%m-%dT%H:%M:%S") + fraction + zone


# --- one web server's log ----------------------------------------------------

def plain(rng, ms):
    return {"ts": ms, "level": rng.choice(("info", "warn", "error")),
            "host": rng.choice(HOSTS), "method": rng.choice(("GET", "POST")),
            "path": f"/api/v1/orders/{rng.randrange(10**6)}",
            "status": rng.choice((200, 200, 304, 404, 500)),
            "latency": millis(rng), "bytes": rng.randrange(200000),
            "agent": rng.choice(AGENTS)}


OPTIONAL = (
    (0.5, "user", lambda rng: f"u{rng.randrange(9999)}"),
    (0.4, "referer", lambda rng: "https://example.com/" + hexes(rng, 12)),
    (0.3, "trace", lambda rng: hexes(rng, 32)),
    (0.3, "tags", lambda rng: ["a", "b"][:rng.randrange(3)]),
    (0.3, "ctx", lambda rng: {"k": rng.randrange(9), "n": None}),
    (0.1, "err", lambda rng: 'bad "thing"\n'),
)


def optional(rng, ms):
    row = plain(rng, ms)
    row.update((name, make(rng)) for share, name, make in OPTIONAL
               if rng.random() < share)
    return row


def shuffled(rng, ms):
    members = list(plain(rng, ms).items())
    rng.shuffle(members)
    return dict(members)


ORDERS = [random.Random(i).sample(range(9), 9) for i in range(24)]


def producers(rng, ms):
    members = list(plain(rng, ms).items())
    return dict(members[i] for i in rng.choice(ORDERS))


def escaped(rng, ms):
    row = plain(rng, ms)
    row["path"] += '?q="a\\b"\t' * rng.randrange(3)
    row["agent"] = "M\u00fcller \u65e5\u672c " + row["agent"]
    return row


def wide(rng, ms):
    before = {f"f{i}": rng.randrange(10**6) if i % 3 else
              f"v{rng.randrange(1000)}" for i in range(60)}
    return {**before, **plain(rng, ms),
            **{f"g{i}": rng.random() for i in range(50)}}


def person(rng):
    i = rng.randrange(5000)
    return {"id": i, "login": f"user{i}", "gravatar_id": "",
            "url": f"https://api.example.com/users/user{i}"}


def commit(rng):
    return {"sha": hexes(rng, 40), "distinct": True,
            "author": {"email": "a@example.com", "name": 'N \u00e4 "q"'},
            "message": "fix: something\n\n" + text(rng, 60)}


PAYLOADS = {
    "Push": lambda rng: {
        "size": 1, "ref": "refs/heads/main",
        "commits": [commit(rng) for _ in range(rng.randrange(1, 4))]},
    "Issue": lambda rng: {"action": "opened", "issue": {
        "title": text(rng, 9), "labels": [{"name": "bug", "color": "fff"}],
        "body": 'Steps\r\n1. do "this"\r\n' * rng.randrange(20)}},
    "Star": lambda rng: {"action": "started"},
    "Merge": lambda rng: {"action": "closed", "request": {
        "merged": rng.random() < 0.5, "additions": rng.randrange(999),
        "body": None if rng.random() < 0.3 else text(rng, 80)}},
}


def events(rng, ms):
    kind = rng.choice(list(PAYLOADS))
    row = {"id": str(10**10 + ms % 10**9), "type": kind, "actor": person(rng),
           "repo": {"id": rng.randrange(10**8), "name": "org/repo"},
           "payload": PAYLOADS[kind](rng), "public": True, "ts": ms,
           "host": rng.choice(HOSTS), "latency": millis(rng),
           "bytes": rng.randrange(200000)}
    if rng.random() < 0.4:
        row["org"] = person(rng)
    return row


# --- programs ----------------------------------------------------------------

def nginx(rng, ms):
    return {"time_iso8601": iso(ms, zone="+00:00"),
            "remote_addr": f"203.0.113.{rng.randrange(256)}",
            "remote_user": "", "request": f"GET /a/{hexes(rng, 6)} HTTP/1.1",
            "status": rng.choice(("200", "304", "404")),
            "body_bytes_sent": rng.randrange(10**5),
            "request_time": millis(rng), "http_referrer": "",
            "http_user_agent": rng.choice(AGENTS),
            "server_name": rng.choice(HOSTS),
            "upstream_response_time": f"{millis(rng):.3f}"}


def pino(rng, ms):
    row = {"level": 30, "time": ms, "pid": 4711, "hostname": rng.choice(HOSTS),
           "req": {"id": rng.randrange(10**6), "method": "GET",
                   "url": f"/items/{rng.randrange(10**4)}", "query": {},
                   "headers": {"host": "api.example.com", "accept": "*/*",
                               "user-agent": rng.choice(AGENTS)},
                   "remotePort": rng.randrange(1024, 65536)},
           "res": {"statusCode": rng.choice((200, 404)),
                   "headers": {"content-length": rng.randrange(10**4)}},
           "responseTime": millis(rng), "msg": "request completed"}
    if rng.random() < 0.05:
        row["err"] = {"type": "Error", "message": text(rng, 9),
                      "stack": "Error: x\n    at y (/srv/z.js:1:2)" * 5}
    return row


def docker(rng, ms):
    return {"log": f"level=info msg=\"{text(rng, 12)}\"\n",
            "stream": rng.choice(("stdout", "stderr")),
            "attrs": {"tag": rng.choice(HOSTS), "took": millis(rng),
                      "seq": rng.randrange(10**6)},
            "time": iso(ms, 9)}


def suricata(rng, ms):
    row = {"timestamp": iso(ms, 6, "+0000"), "flow_id": rng.getrandbits(53),
           "in_iface": "eth0", "event_type": "flow",
           "src_ip": f"198.51.100.{rng.randrange(256)}",
           "src_port": rng.randrange(1024, 65536),
           "dest_ip": f"203.0.113.{rng.randrange(40)}", "dest_port": 443,
           "proto": "TCP", "app_proto": "tls",
           "flow": {"pkts_toserver": rng.randrange(99),
                    "pkts_toclient": rng.randrange(99),
                    "bytes_toserver": rng.randrange(10**5),
                    "bytes_toclient": rng.randrange(10**6),
                    "age": millis(rng), "state": "closed"}}
    if rng.random() < 0.5:
        row["tcp"] = {"tcp_flags": "1b", "syn": True, "fin": True, "ack": True}
    return row


def cloudtrail(rng, ms):
    row = {"eventVersion": "1.11", "userIdentity": {
               "type": "AssumedRole", "principalId": hexes(rng, 20),
               "arn": "arn:aws:sts::111122223333:assumed-role/r/s",
               "sessionContext": {"attributes": {
                   "creationDate": iso(START_MS),
                   "mfaAuthenticated": "false"}}},
           "eventTime": iso(ms), "eventSource": "s3.amazonaws.com",
           "eventName": rng.choice(("GetObject", "PutObject", "ListBuckets")),
           "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.7",
           "requestParameters": {"bucketName": rng.choice(HOSTS),
                                 "key": text(rng, 5)},
           "responseElements": None,
           "additionalEventData": {"bytesTransferredOut": rng.randrange(10**5),
                                   "took": millis(rng)},
           "eventID": hexes(rng, 32), "readOnly": True}
    if rng.random() < 0.2:
        row["errorCode"] = "AccessDenied"
    return row


FEEDS = [
    Feed("plain", plain), Feed("spaced", plain, blanks=True),
    Feed("optional", optional), Feed("shuffled", shuffled),
    Feed("producers", producers), Feed("escaped", escaped), Feed("wide", wide),
    Feed("events", events),
    Feed("nginx", nginx, "time_iso8601", "server_name", "request_time",
         "body_bytes_sent", "time_iso8601 VARCHAR, server_name VARCHAR, "
         "request_time DECIMAL(18,3), body_bytes_sent BIGINT"),
    Feed("pino", pino, "time", "hostname", "responseTime", "req.remotePort",
         "time BIGINT, hostname VARCHAR, responseTime DECIMAL(18,3), "
         "req STRUCT(remotePort BIGINT)"),
    Feed("docker", docker, "time", "attrs.tag", "attrs.took", "attrs.seq",
         "time VARCHAR, attrs STRUCT(tag VARCHAR, took DECIMAL(18,3), "
         "seq BIGINT)"),
    Feed("suricata", suricata, "timestamp", "dest_ip", "flow.age",
         "flow.bytes_toserver", "timestamp VARCHAR, dest_ip VARCHAR, "
         "flow STRUCT(age DECIMAL(18,3), bytes_toserver BIGINT)"),
    Feed("cloudtrail", cloudtrail, "eventTime", "requestParameters.bucketName",
         "additionalEventData.took", "additionalEventData.bytesTransferredOut",
         "eventTime VARCHAR, requestParameters STRUCT(bucketName VARCHAR), "
         "additionalEventData STRUCT(took DECIMAL(18,3), "
         "bytesTransferredOut BIGINT)"),
]
