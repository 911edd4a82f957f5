"""window_reference - what window must write, computed the slow and plain way.

Every rule here is one sentence of the manual: a row is put into each of its
windows by the definition of those windows, all rows are kept, and a window is
computed from its rows when it fires.  Nothing is shared with the C program.

SPDX-License-Identifier: ISC
"""

import json
import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import (MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context,
                     Decimal)
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=MAX_EMAX,
                Emin=MIN_EMIN)
DIGITS_38 = Context(prec=38, rounding=ROUND_HALF_UP, Emax=MAX_EMAX,
                    Emin=MIN_EMIN)
UNIT_MS = {"s": Fraction(1000), "ms": Fraction(1),
           "us": Fraction(1, 1000), "ns": Fraction(1, 1000000)}
assert MAX_PREC > 400


@dataclass
class Type:
    """A declared type; kind "" is an undeclared column."""
    kind: str = ""
    p: int = 0
    s: int = 0


@dataclass
class Query:
    kind: str                     # tumble, hop, cumulate, session
    size: int
    slide: int = 0                # of hop, step of cumulate
    offset: int = 0
    zone: str = "UTC"
    time: str = "t"
    delay: int = 0
    lateness: int = -1
    unit: str = "ms"
    keys: list = field(default_factory=list)
    aggs: list = field(default_factory=list)   # (function, field or None)
    types: dict = field(default_factory=dict)  # field -> Type
    discard: bool = False
    null: list = field(default_factory=list)   # texts that stand for null
    on_bad_null: bool = False
    jump: int = -1
    top: "Top" = None


@dataclass
class Top:
    most: int
    aggs: list         # the results that rank, as Query has them
    smallest: bool     # of the first of them; of the others the largest
    keys: list         # a window's groups


class Bad(Exception):
    """The line is rejected."""


class Num(str):
    """A JSON number, as it stands in the line."""


# --- time --------------------------------------------------------------------

EPOCH = datetime(1970, 1, 1)
MS = timedelta(milliseconds=1)


@lru_cache(None)
def zone_of(name):
    return ZoneInfo(name)


@lru_cache(None)
def local_of(zone, instant):
    """What the clock of the zone reads at an instant."""
    if zone == "UTC":
        return instant
    moment = (EPOCH + instant * MS).replace(tzinfo=timezone.utc)
    return (moment.astimezone(zone_of(zone)).replace(tzinfo=None)
            - EPOCH) // MS


@lru_cache(None)
def instant_of(zone, local):
    """The first instant of a local time; a skipped one as if not skipped."""
    if zone == "UTC":
        return local
    at = (EPOCH + local * MS).replace(tzinfo=zone_of(zone), fold=0)
    return local - at.utcoffset() // MS


@lru_cache(None)
def timer_of(zone, local):
    """The first instant from which on the clock never reads less."""
    if zone == "UTC":
        return local
    at = (EPOCH + local * MS).replace(tzinfo=zone_of(zone))
    offsets = [at.replace(fold=f).utcoffset() // MS for f in (0, 1)]
    later = local - min(offsets)
    if local_of(zone, later) == local:
        return later
    # Skipped: between these two the clock jumps over it.
    low, high = local - max(offsets), later
    while low < high:
        middle = (low + high) // 2
        if local_of(zone, middle) >= local:
            high = middle
        else:
            low = middle + 1
    return low


def iso(ms, zoned=True):
    whole, fraction = divmod(ms, 1000)
    text = (EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    text = text.rjust(19, "0")  # strftime does not fill up the year
    if fraction:
        text += (".%03d" % fraction).rstrip("0")
    return text + ("Z" if zoned else "")


DATE = re.compile(r"(\d{4})([-/])(\d\d)\2(\d\d)", re.ASCII)
CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{0,9}))?)?", re.ASCII)
BASIC = re.compile(r"(\d{4})()(\d\d)(\d\d)", re.ASCII)
BASIC_CLOCK = re.compile(r"(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{0,9}))?)?",
                         re.ASCII)
ZONE = re.compile(r" ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)| (?:UTC|GMT)",
                  re.ASCII)


def read_offset(match):
    """A match of ZONE, in ms."""
    sign, hours, minutes = match.groups()
    hours, minutes = int(hours or 0), int(minutes or 0)
    if hours > 23 or minutes > 59:
        raise Bad("offset")
    return (hours * 60 + minutes) * (-60000 if sign == "-" else 60000)


def civil_ms(year, month, day, hour=0, minute=0, second=0, fraction=""):
    """What a calendar and a clock read, as if UTC."""
    try:
        whole = (datetime(year, month, day, hour, minute, second)
                 - EPOCH) // MS
    except ValueError:
        raise Bad("time") from None
    return whole + int((fraction + "000")[:3])


def parse_time(text):
    """(ms as if UTC or of the instant, zoned)."""
    basic = text[8:9] == "T"
    date = (BASIC if basic else DATE).match(text)
    if not date:
        raise Bad("time")
    year, _, month, day = date.groups()
    rest = text[date.end():]
    if not rest:
        return civil_ms(int(year), int(month), int(day)), False
    clock = (BASIC_CLOCK if basic else CLOCK).match(rest, 1)
    if rest[0] not in "Tt " or not clock:
        raise Bad("time")
    ms = civil_ms(int(year), int(month), int(day), int(clock[1]),
                  int(clock[2]), int(clock[3] or 0), clock[4] or "")
    rest = rest[clock.end():]
    if not rest:
        return ms, False
    zone = ZONE.fullmatch(rest)
    if not zone:
        raise Bad("time")
    return ms - read_offset(zone), True


YEAR_1, YEAR_9999 = -62135596800000, 253402300799999


def count_time(number, q, event):
    """A number of units, cut toward the past."""
    number = number_38(number)
    if number is None:
        raise Bad("time")
    ms = math.floor(Fraction(number) * UNIT_MS[q.unit])
    if event and not YEAR_1 <= ms <= YEAR_9999:
        raise Bad("year")
    return ms


# --- values ------------------------------------------------------------------

def text_of_json(v):
    """An object, array or scalar as text, without blanks between tokens."""
    if isinstance(v, dict):
        return "{" + ",".join(write_text(k) + ":" + inner_text(x)
                              for k, x in v.items()) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(inner_text, v)) + "]"
    if v is True or v is False:
        return "true" if v else "false"
    return str(v)


def inner_text(v):
    if v is None:
        return "null"
    if isinstance(v, str) and not isinstance(v, Num):
        return write_text(v)
    return text_of_json(v)


def number_38(text):
    """An undeclared number: 38 digits, or None where it has no room."""
    d = Decimal(text)
    if d == 0:
        return Decimal(0)
    whole = max(d.adjusted() + 1, 0)
    if whole > 38:
        return None
    if d.as_tuple().exponent < whole - 38:
        d = d.quantize(Decimal(1).scaleb(whole - 38), context=EXACT)
        if d.adjusted() + 1 > 38:
            return None
    return strip(d)


def strip(d):
    """Without trailing zeros of the fraction."""
    if d == 0:
        return Decimal(0)
    d = d.normalize(EXACT)
    return d if d.as_tuple().exponent <= 0 else d.quantize(Decimal(1),
                                                           context=EXACT)


def to_decimal(d, p, s):
    """DECIMAL(p, s), or None where it does not fit."""
    if d.adjusted() > 100:
        return None
    d = d.quantize(Decimal(1).scaleb(-s), context=EXACT)
    return None if d != 0 and d.adjusted() + 1 > p - s else d


def read_integer(v, bits):
    if isinstance(v, Num):
        if any(c in v for c in ".eE"):
            i = float(v)
            if math.isinf(i):
                raise Bad("range")
            i = math.trunc(i)
        else:
            i = int(v)
    elif isinstance(v, str):
        text = v.strip("".join(map(chr, range(33))))
        digits = text[1:] if text[:1] in ("+", "-") else text
        if not (digits.isascii() and digits.isdigit()):
            raise Bad("integer")
        i = int(text)
    else:
        raise Bad("integer")
    if not -(1 << bits - 1) <= i < 1 << bits - 1:
        raise Bad("range")
    return i


INTEGER_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}


def read_value(v, of, q, numbers_only):
    """A field's value: None, bool, int, Decimal, float or str."""
    if v is None:
        return None
    if of.kind in INTEGER_BITS:
        return read_integer(v, INTEGER_BITS[of.kind])
    if of.kind == "STRING":
        return v if type(v) is str else text_of_json(v)
    if of.kind in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        return read_timestamp(v, of.kind == "TIMESTAMP", q)
    if of.kind in ("DECIMAL", "DOUBLE"):
        if not isinstance(v, str):
            raise Bad("number")
        try:
            d = Decimal(v)
        except ArithmeticError:
            raise Bad("number") from None
        if not d.is_finite():
            raise Bad("number")
        if of.kind == "DECIMAL":
            return to_decimal(d, of.p, of.s)
        if math.isinf(float(v)):
            raise Bad("range")
        return float(v)
    if isinstance(v, Num):
        return number_38(v)
    if numbers_only:
        raise Bad("number")
    return v if isinstance(v, (bool, str)) else text_of_json(v)


def read_timestamp(v, local, q, event=False):
    if isinstance(v, Num):
        ms, zoned = count_time(v, q, event), True
    elif not isinstance(v, str):
        raise Bad("time")
    elif re.fullmatch(r"[+-]?\d+(\.\d+)?", v, re.ASCII):
        ms, zoned = count_time(v, q, event), True
    else:
        ms, zoned = parse_time(v)
    if zoned and local:
        return local_of(q.zone, ms)
    if not zoned and not local:
        return instant_of(q.zone, ms)
    return ms


def event_time(v, of, q):
    if v is None or isinstance(v, bool):
        raise Bad("time")
    if isinstance(v, str):
        return read_timestamp(v, False, q, True)
    if of.kind in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        return v
    return count_time(Decimal(v), q, True)


def order(v):
    """Null, false, true, numbers by value (-0.0 below 0.0), text by bytes."""
    if v is None:
        return (0,)
    if isinstance(v, bool):
        return (1, v)
    if isinstance(v, str):
        return (3, v.encode())
    return (2, Fraction(v), not (isinstance(v, float) and v == 0
                                 and math.copysign(1, v) < 0))


SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n",
         "\r": "\\r", "\t": "\\t"}


def write_text(text):
    return '"' + "".join(SHORT.get(c) or ("\\u%04X" % ord(c) if c < " " else c)
                         for c in text) + '"'


def write_double(v):
    """The shortest digits, in Java's shape."""
    if math.isnan(v):
        return '"NaN"'
    if math.isinf(v):
        return '"Infinity"' if v > 0 else '"-Infinity"'
    if v == 0:
        return "-0.0" if math.copysign(1, v) < 0 else "0.0"
    sign, digits, exponent = Decimal(repr(abs(v))).normalize().as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    minus = "-" if v < 0 else ""
    if 1e-3 <= abs(v) < 1e7:
        if point <= 0:
            return minus + "0." + "0" * -point + digits
        digits = digits.ljust(point + 1, "0")
        return minus + digits[:point] + "." + digits[point:]
    return minus + digits[0] + "." + (digits[1:] or "0") + "E%d" % (point - 1)


def write_value(v):
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, str):
        return write_text(v)
    if isinstance(v, float):
        return write_double(v)
    if isinstance(v, Decimal):
        return format(strip(v), "f")
    return str(v)


# --- aggregates --------------------------------------------------------------
# A group is a list of rows and of groups that were merged into it, in the
# order in which they were added: only sums of DOUBLE care.

def rows_of(group):
    for part in group:
        if isinstance(part, list):
            yield from rows_of(part)
        else:
            yield part


def add_doubles(group, name, start):
    """The sum, or None; start: 0.0, or None to begin with the first value."""
    total = start
    for part in group:
        v = (add_doubles(part, name, start) if isinstance(part, list)
             else part.values[name])
        if v is not None:
            total = v if total is None else total + v
    return total


def wrap(i, bits):
    return (i + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def fits_38(d):
    return d if len(d.as_tuple().digits) <= 38 else None


def largest_scale(values):
    return max(-v.as_tuple().exponent for v in values)


def decimal_sum(values, scale):
    total = sum((Fraction(v) for v in values), Fraction(0))
    units = total * 10 ** scale
    assert units.denominator == 1
    return fits_38(Decimal(units.numerator).scaleb(-scale, EXACT))


def decimal_average(values, scale):
    """First to 38 digits, then to scale, both half away from zero."""
    total = sum((Fraction(v) for v in values), Fraction(0))
    quotient = DIGITS_38.divide(Decimal(total.numerator),
                                Decimal(total.denominator * len(values)))
    out = quotient.quantize(Decimal(1).scaleb(-scale), context=EXACT)
    return fits_38(out) if out else Decimal(0)


def sum_of(group, name, of, values):
    if of.kind == "DOUBLE":
        return add_doubles(group, name, None)
    if of.kind in INTEGER_BITS:
        return wrap(sum(values), INTEGER_BITS[of.kind])
    return decimal_sum(values, of.s if of.kind else largest_scale(values))


def average_of(group, name, of, values):
    if of.kind == "DOUBLE":
        return add_doubles(group, name, 0.0) / len(values)
    if of.kind in INTEGER_BITS:
        total = wrap(sum(values), 64)
        return abs(total) // len(values) * (1 if total >= 0 else -1)
    return decimal_average(
        values, max(6, of.s if of.kind else largest_scale(values)))


def aggregate(function, name, of, group):
    rows = sorted(rows_of(group), key=lambda row: row.arrival)
    if function == "count":
        return len(rows)
    values = [r.values[name] for r in rows if r.values[name] is not None]
    if function == "count-of":
        return len(values)
    if function == "distinct":
        return len({order(v) for v in values})
    if not values:
        return None
    if function == "sum":
        return sum_of(group, name, of, values)
    if function == "avg":
        return average_of(group, name, of, values)
    if function == "min":
        return min(values, key=order)
    if function == "max":
        return max(values, key=order)
    return values[0] if function == "first" else values[-1]


# --- windows -----------------------------------------------------------------

@dataclass
class Row:
    arrival: int
    values: dict


def windows_of(q, t):
    """(start, end) of each window that holds t, earliest end first."""
    def begin(step):
        return (t - q.offset) // step * step + q.offset

    if q.kind == "tumble":
        return [(begin(q.size), begin(q.size) + q.size)]
    if q.kind == "cumulate":
        base = begin(q.size)
        return [(base, e)
                for e in range(base + q.slide, base + q.size + 1, q.slide)
                if e > t]
    out, start = [], begin(q.slide)
    while start > t - q.size:
        out.append((start, start + q.size))
        start -= q.slide
    return out[::-1]


def pane_of(q, t):
    """Sums of DOUBLE are added pane by pane."""
    pane = {"tumble": q.size, "cumulate": q.slide,
            "hop": math.gcd(q.size, q.slide or 1)}[q.kind]
    return (t - q.offset) // pane


@dataclass
class Session:
    start: int
    end: int
    group: list


class Reference:
    """take() every line in turn, then finish()."""

    def __init__(self, query):
        self.q = query
        time_type = query.types.get(query.time, Type())
        # A TIMESTAMP is on its own clock, which has no zone.
        self.clock = "UTC" if time_type.kind == "TIMESTAMP" else query.zone
        self.watermark = None
        self.open = {}      # (end, start) -> key -> pane -> rows
        self.sessions = {}  # key -> [Session]
        self.keys = {}      # order of key -> its values
        self.revisions = {}
        self.out, self.late_lines, self.rejected_lines = [], [], []
        self.read = self.aggregated = self.late = 0
        self.outside = self.rejected = self.written = self.nulled = 0
        self.latest = None
        self.arrivals = 0
        self.names = {name for _, name in query.aggs if name}
        self.names |= set(query.keys) | {query.time}
        self.numbers_only = {name for function, name in query.aggs
                             if function in ("sum", "avg")}

    def has_passed(self, end, lateness=0):
        """The watermark, less lateness, is at the window's last ms."""
        return (self.watermark is not None and self.watermark - lateness
                >= timer_of(self.clock, end - 1))

    def is_gone(self, end):
        return self.has_passed(end, max(self.q.lateness, 0))

    def parse(self, line):
        def refuse(name):
            raise ValueError(name)

        try:
            record = json.loads(line, parse_int=Num, parse_float=Num,
                                parse_constant=refuse)
        except ValueError:
            raise Bad("json") from None
        if not isinstance(record, dict):
            raise Bad("no object")
        values = {}
        for name in self.names:
            v = record
            for part in name.split("."):
                v = v.get(part, Ellipsis) if isinstance(v, dict) else Ellipsis
            # A key that holds the dot stands for the path that is not there.
            if v is Ellipsis:
                v = record.get(name)
            values[name] = self.read_field(name, v)
        t = event_time(values[self.q.time],
                       self.q.types.get(self.q.time, Type()), self.q)
        return values, t

    def read_field(self, name, v):
        if isinstance(v, str) and v in self.q.null:
            v = None
        try:
            return read_value(v, self.q.types.get(name, Type()), self.q,
                              name in self.numbers_only)
        except Bad:
            if not self.q.on_bad_null or name == self.q.time:
                raise
        self.nulled += 1
        return None

    def check_jump(self, t):
        if self.q.jump >= 0 and self.latest is not None and (
                t > self.latest + self.q.jump):
            raise Bad("jump")
        self.latest = t if self.latest is None else max(t, self.latest)

    def take(self, line):
        """One line of input, without its newline."""
        if not line.strip():
            return
        self.read += 1
        try:
            nulled = self.nulled
            values, t = self.parse(line)
            self.check_jump(t)
        except Bad:
            # Of a line that is bad for its time no value counts.
            self.nulled = nulled
            self.rejected += 1
            self.rejected_lines.append(line)
            return
        self.arrivals += 1
        key = tuple(order(values[k]) for k in self.q.keys)
        self.keys[key] = [values[k] for k in self.q.keys]
        row = Row(self.arrivals, values)
        local = local_of(self.clock, t)
        if self.q.kind == "session":
            taken = self.put_session(key, row, local)
        else:
            taken = self.put_windows(key, row, local)
        if taken is None:
            self.outside += 1
        elif taken:
            self.aggregated += 1
        else:
            self.late += 1
            self.late_lines.append(line)
        if self.watermark is None or t - self.q.delay > self.watermark:
            self.watermark = t - self.q.delay
        self.fire(self.has_passed)

    def put_windows(self, key, row, t):
        windows = windows_of(self.q, t)
        if not windows:
            return None
        taken = False
        for start, end in windows:
            if self.is_gone(end):
                continue
            taken = True
            groups = self.open.setdefault((end, start), {})
            group = groups.setdefault(key, {})
            group.setdefault(pane_of(self.q, t), []).append(row)
            if self.has_passed(end):
                self.emit(start, end, key, self.merged(group))
        return taken

    @staticmethod
    def merged(group):
        """Panes, oldest first."""
        return [group[pane] for pane in sorted(group)]

    def put_session(self, key, row, t):
        sessions = self.sessions.setdefault(key, [])
        touched = sorted((s for s in sessions if s.start <= t + self.q.size
                          and s.end >= t), key=lambda s: s.start)
        if not touched and self.has_passed(t + self.q.size):
            return False
        into = touched[0] if touched else Session(t, t + self.q.size, [])
        for other in touched[1:]:
            into.group.append(other.group)
        into.group.append(row)
        into.start = min([t] + [s.start for s in touched])
        into.end = max([t + self.q.size] + [s.end for s in touched])
        self.sessions[key] = [s for s in sessions if s not in touched]
        self.sessions[key].append(into)
        return True

    def fire(self, is_due):
        """Writes what is due, by end, then key, then start."""
        due = []
        for (end, start), groups in self.open.items():
            for key in groups:
                if (end, start, key) not in self.revisions and is_due(end):
                    due.append((end, key, start, self.merged(groups[key])))
        for key, sessions in self.sessions.items():
            for s in [s for s in sessions if is_due(s.end)]:
                due.append((s.end, key, s.start, s.group))
                sessions.remove(s)
        due.sort(key=lambda d: d[:3])
        if self.q.top:
            due = self.first_of(due)
        for end, key, start, group in due:
            self.emit(start, end, key, group)
        self.open = {w: g for w, g in self.open.items()
                     if not self.is_gone(w[0])}

    def first_of(self, due):
        """Of each window and group the first; equal ones by their keys."""
        top, windows = self.q.top, {}
        for d in due:
            group = tuple(d[1][self.q.keys.index(k)] for k in top.keys)
            windows.setdefault((d[0], d[2], group), []).append(d)
        for results in windows.values():
            for i, (f, n) in reversed(list(enumerate(top.aggs))):
                results.sort(key=lambda d: order(aggregate(
                    f, n, self.q.types.get(n, Type()), d[3])),
                             reverse=i > 0 or not top.smallest)
        return [d for w in sorted(windows) for d in windows[w][:top.most]]

    def emit(self, start, end, key, group):
        cells = [write_text(name) + ":" + write_value(v)
                 for name, v in zip(self.q.keys, self.keys[key])]
        for function, name in self.q.aggs:
            column = function.replace("-", "_") + ("_" + name if name else "")
            v = aggregate(function, name, self.q.types.get(name, Type()),
                          group)
            of = self.q.types.get(name, Type()).kind
            if of.startswith("TIMESTAMP") and function in (
                    "min", "max", "first", "last") and v is not None:
                v = iso(v, of == "TIMESTAMP_LTZ")
            cells.append(write_text(column) + ":" + write_value(v))
        for name, bound in ("window_start", start), ("window_end", end):
            cells.append('"%s":"%s"' % (
                name, iso(instant_of(self.q.zone, bound))))
        revision = self.revisions.get((end, start, key), -1) + 1
        if self.q.kind != "session":
            self.revisions[end, start, key] = revision
        if self.q.lateness >= 0:
            cells.append('"revision":%d' % revision)
        self.out.append("{" + ",".join(cells) + "}")
        self.written += 1

    def finish(self):
        if not self.q.discard:
            self.fire(lambda end: True)

    def account(self):
        return {**({"nulled": self.nulled} if self.q.on_bad_null else {}),
                "read": self.read, "aggregated": self.aggregated,
                "late": self.late, "outside": self.outside,
                "rejected": self.rejected, "output": self.written,
                "watermark": (None if self.watermark is None
                              else iso(self.watermark))}
