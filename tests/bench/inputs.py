"""inputs - the files of rows that are measured with, made once a run.

SPDX-License-Identifier: ISC
"""

import os
import random
import shutil
import subprocess

START = "2026-11-22T00:00:00Z"
COLUMNS = ("sensor_id INT 10..20, temperature DECIMAL(6,2) 0..100, "
           "measurement_time TIMESTAMP(3)")


class Inputs:
    """Files are made when first asked for, and gone when the bench ends."""

    def __init__(self, folder, datagen):
        self.folder = folder
        self.datagen = datagen
        self.made = {}
        folder.mkdir(parents=True, exist_ok=True)

    def free(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def drop_like(self, prefix):
        """No longer needed: the memory is better used for other files."""
        for name in [x for x in self.made if x.startswith(prefix)]:
            self.made.pop(name).unlink()

    def _make(self, name, write):
        if name not in self.made:
            path = self.folder / name
            with open(path, "wb") as f:
                write(f)
                f.flush()
                # What is still to be written would be written while measuring.
                os.fsync(f.fileno())
            self.made[name] = path
        return self.made[name]

    def rows(self, n, columns=COLUMNS, step="100us", name="rows"):
        def write(f):
            subprocess.run(
                [self.datagen, "-n", str(n), "--seed", "1", "--start-time",
                 START, "--step", step, columns], stdout=f, check=True)
        return self._make(f"{name}-{step}-{n}.ndjson", write)

    def keys(self, n, lowest, highest):
        """Rows whose sensor_id is one of many, each equally likely."""
        return self.rows(n, COLUMNS.replace("10..20", f"{lowest}..{highest}"),
                         name=f"keys-{lowest}-{highest}")

    def wide(self, n, columns):
        """Rows of so many columns; those that are asked for come last."""
        more = "".join(f"c{i} INT 0..99999, " for i in range(columns - 3))
        return self.rows(n, more + COLUMNS, name=f"wide-{columns}")

    def lines(self, n, length):
        """Records of so many bytes: {"k":"hex digits"}."""
        return self.rows(n, f"k STRING length {length - 8}",
                         name=f"lines-{length}")

    def irregular(self, n):
        """The rows of rows(n) with the same values, each written otherwise."""
        return self._rewritten("irregular", n, irregular_row)

    def unlike(self, n):
        """The same, in so many forms that none can be learned."""
        rng = random.Random(2)
        forms = [unlike_form(rng) for _ in range(4096)]
        return self._rewritten("unlike", n, lambda rng, *values:
                               rng.choice(forms) % dict(zip("stm", values)))

    def hostile(self, n):
        """The same as long rows, pretty-printed within their line."""
        return self._rewritten("hostile", n, hostile_row)

    def feed(self, feed, n):
        return self._make(f"feed-{feed.name}-{n}.ndjson", lambda f: [
            f.write(line.encode()) for line in feed.lines(n)])

    def _rewritten(self, name, n, write_row):
        rows = self.rows(n)

        def write(f):
            rng = random.Random(1)
            with open(rows, encoding="ascii") as lines:
                for line in lines:
                    f.write(write_row(rng, *values_of(line)).encode())
        return self._make(f"{name}-{n}.ndjson", write)


def values_of(line):
    """sensor_id, temperature, measurement_time, as they stand."""
    part = line.split(":", 3)
    return part[1].split(",")[0], part[2].split(",")[0], part[3][1:-3]


IRREGULAR = [
    '{{"measurement_time":"{2}","sensor_id":{0},"temperature":{1}}}\n',
    '{{"meta":{{"a":[1,2.5,{{"b":null}}],"c":"x\\"y\\\\"}},"temperature":{1},'
    '"measurement_time":"{2}","sensor_id":{0}}}\n',
    '{{ "sensor_id" : {0} ,\t"temperature":  {1}, "measurement_time": "{2}" }}'
    '\r\n',
    '{{"sensor\\u005fid":{0},"temperature":{1},"measurement_time":"{2}"}}\n',
    '{{"note":"gr\u00fc\u00df\u00e9 \U0001f321","ok":true,"temperature":{1},'
    '"sensor_id":{0},"measurement_time":"{2}","n":-1.5e-3}}\n',
    '{{"sensor_id":0,"temperature":{1},"sensor_id":{0},'
    '"measurement_time":"{2}"}}\n',
    '{{"temperature":{1}e0,"sensor_id":{0},"tags":["a","b","c"],'
    '"measurement_time":"{2}"}}\n',
    '{{"sensor_id":"{0}","measurement_time":"{2}","temperature":"{1}"}}\n',
]


def irregular_row(rng, *values):
    return rng.choice(IRREGULAR).format(*values)


TEXTS = ["", "ok", "gr\u00fc\u00df\u00e9 \U0001f321", 'a \\"quoted\\" word',
         "C:\\\\temp", "tab\\tand\\nline", "caf\\u00e9",
         "plain text of some length, as messages are"]


def unlike_form(rng):
    """Three to eight other members, all in any order, every other form with
    blanks between its tokens."""
    blanks = ["", "", " ", "  ", "\t"] if rng.random() < 0.5 else [""]

    def join(*tokens):
        return "".join(rng.choice(blanks) + x for x in tokens)

    members = [join('"sensor_id"', ":", "%(s)s"),
               join('"temperature"', ":", "%(t)s"),
               join('"measurement_time"', ":", '"%(m)s"')]
    for i in range(rng.randint(3, 8)):
        name = rng.choice(["field", "f", "some_longer_name", "x y"])
        members.append(join(f'"{name}{i}"', ":", any_value(rng)))
    rng.shuffle(members)
    return "{" + ",".join(x + rng.choice(blanks) for x in members) + "}\n"


def any_value(rng, depth=0):
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind == 0:
        return str(rng.randint(-999999, 999999))
    if kind == 1:
        return f"{rng.uniform(-1000, 1000):.{rng.randint(1, 6)}f}"
    if kind == 2:
        return f"{rng.randint(100, 9999) / 1000}e{rng.randint(-9, 9)}"
    if kind == 3:
        return rng.choice(["true", "false", "null"])
    if kind < 6:
        return f'"{rng.choice(TEXTS)}"'
    some = [any_value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if kind == 6:
        return "[" + ",".join(some) + "]"
    return "{" + ",".join(f'"k{i}":{x}' for i, x in enumerate(some)) + "}"


def hostile_row(rng, sensor, temperature, time):
    """About 1 KiB of blanks, escapes and nesting around the three values."""
    def blank():
        return rng.choice(["", " ", "  ", "\t", "        "])

    deep = rng.randint(20, 60)
    members = [
        f'"sensor_id"{blank()}:{blank()}{sensor}',
        f'"temperature"{blank()}:{blank()}{temperature}',
        f'"measurement_time"{blank()}:{blank()}"{time}"',
        f'"deep":{"[" * deep}{blank()}{"]" * deep}',
        '"text":"' + "\\u00e4\\n\\\"x" * rng.randint(5, 30) + '"',
        '"list":[' + f",{blank() or ' '}".join(
            str(rng.randint(-999, 999)) for _ in range(40)) + "]",
        '"o":{' + ", ".join(f'"k{i}": {{"v": [{i}, null, true]}}'
                            for i in range(rng.randint(3, 12))) + "}",
    ]
    rng.shuffle(members)
    return "{" + f"{blank()},{blank()}".join(members) + blank() + "}\n"
