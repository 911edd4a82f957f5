"""types - Flink's types, what two of them have in common, and casts.

Values: BOOLEAN bool; integers int; DECIMAL Decimal of the type's scale; FLOAT
and DOUBLE float; texts str (half of a UTF-16 pair may stand alone); DATE days
since 1970, TIME milliseconds of the day, TIMESTAMP and LTZ nanoseconds since
1970 on the clock and in UTC; INTERVAL MONTHS and MILLIS int; NULL None.

SPDX-License-Identifier: ISC
"""

import math
import re
import struct
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from . import times
from .syntax import Refused

INTS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}
APPROXIMATE = ("FLOAT", "DOUBLE")
TEXTS = ("CHAR", "VARCHAR")
STAMPS = ("TIMESTAMP", "LTZ")
MAX = 2147483647
EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=99999, Emin=-99999)
NAMES = {"INTEGER": "INT", "NUMERIC": "DECIMAL", "DEC": "DECIMAL",
         "STRING": "VARCHAR", "TIMESTAMP_LTZ": "LTZ"}


class Failed(Exception):
    """An expression has no answer for this row."""


class Type:
    def __init__(self, kind, p=None, s=None):
        self.kind, self.p, self.s = kind, p, s

    def __eq__(self, other):
        return str(self) == str(other)

    def __str__(self):
        if self.kind == "DECIMAL":
            return f"DECIMAL({self.p}, {self.s})"
        if self.kind == "LTZ":
            return f"TIMESTAMP({self.p}) WITH LOCAL TIME ZONE"
        if self.kind == "MILLIS":
            return "INTERVAL SECOND(3)"
        if self.kind == "MONTHS":
            return "INTERVAL MONTH"
        if self.p is None:
            return self.kind
        return f"{self.kind}({self.p})"

    @property
    def number(self):
        return self.kind in INTS or self.kind in APPROXIMATE or (
            self.kind == "DECIMAL")

    @property
    def exact(self):
        return self.kind in INTS or self.kind == "DECIMAL"

    @property
    def text(self):
        return self.kind in TEXTS

    @property
    def time(self):
        return self.kind in ("DATE", "TIME") + STAMPS

    @property
    def interval(self):
        return self.kind in ("MILLIS", "MONTHS")

    def decimal(self):
        """Precision and scale of an exact number."""
        if self.kind == "DECIMAL":
            return self.p, self.s
        return DIGITS[self.kind], 0


BOOLEAN, INT, BIGINT, DOUBLE = map(Type, ("BOOLEAN", "INT", "BIGINT", "DOUBLE"))
FLOAT, NULL, DATE, TIME = (Type("FLOAT"), Type("NULL"), Type("DATE"),
                           Type("TIME", 0))
STRING = Type("VARCHAR", MAX)


def named(name, numbers):
    """The type that a text names: ("DECIMAL", [6, 2])."""
    kind = NAMES.get(name, name)
    if name == "STRING":
        return STRING
    if kind == "DECIMAL":
        p, s = (numbers + [0])[:2] if numbers else (10, 0)
        if not 0 <= s <= p:
            raise Refused("scale")
        return Type(kind, min(p, 38), s)
    if kind in TEXTS:
        return Type(kind, numbers[0] if numbers else
                    1 if kind == "CHAR" else MAX)
    if kind in STAMPS:
        return Type(kind, numbers[0] if numbers else 6)
    if kind == "TIME":
        return TIME
    if kind in ("BOOLEAN", "DATE", "FLOAT", "DOUBLE") or kind in INTS:
        return Type(kind)
    raise Refused(f"no type: {name}")


def bounded(p, s):
    """DECIMAL(p, s), with digits dropped behind the point beyond 38."""
    if p > 38:
        p, s = 38, max(38 - (p - s), min(s, 6))
    return Type("DECIMAL", p, s)


# --- one type for several values ---------------------------------------------

def common(types):
    """What holds a value of any of these (CASE, IN, ...); None: nothing."""
    out = None
    for t in types:
        out = t if out is None else pair(out, t)
        if out is None:
            return None
    return out


def pair(a, b):
    if a.kind == "NULL" or b.kind == "NULL":
        return b if a.kind == "NULL" else a
    if a.exact and b.exact:
        if a.kind in INTS and b.kind in INTS:
            return a if INTS[a.kind] >= INTS[b.kind] else b
        (p, s), (q, r) = a.decimal(), b.decimal()
        whole = min(38, max(p - s, q - r))
        scale = min(max(s, r), 38 - whole)
        return Type("DECIMAL", whole + scale, scale)
    if a.number and b.number:
        if "DECIMAL" in (a.kind, b.kind):
            return DOUBLE
        return a if a.kind in APPROXIMATE else b
    if a.text and b.text:
        fixed = a.kind == b.kind == "CHAR" and a.p == b.p
        return Type("CHAR" if fixed else "VARCHAR", max(a.p, b.p))
    if a.kind in STAMPS and b.kind in STAMPS:
        return Type(a.kind, max(a.p, b.p))
    return a if a.kind == b.kind else None


# --- numbers -----------------------------------------------------------------

def wrap(n, kind):
    bits = INTS[kind]
    n &= (1 << bits) - 1
    return n - (1 << bits) if n >> (bits - 1) else n


def f32(x):
    if math.isnan(x) or math.isinf(x):
        return x
    try:
        return struct.unpack("f", struct.pack("f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def exact(d, p, s):
    """A Decimal rounded to scale s; None where it has more than p digits."""
    if not d.is_finite():
        return None
    if d and d.adjusted() > 50:
        return None
    q = d.quantize(Decimal(1).scaleb(-s), ROUND_HALF_UP, EXACT)
    if q.copy_abs() >= Decimal(1).scaleb(p - s, EXACT):
        return None
    return q if q else q.copy_abs()


def java(x, single=False):
    """A float's text as Java writes it."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    if x == 0:
        return "-0.0" if math.copysign(1, x) < 0 else "0.0"
    text = shortest32(x) if single else repr(x)
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    if 1e-3 <= abs(x) < 1e7:
        if point <= 0:
            body = "0." + "0" * -point + digits
        else:
            whole = digits[:point].ljust(point, "0")
            body = whole + "." + (digits[point:] or "0")
    else:
        body = f"{digits[0]}.{digits[1:] or '0'}E{point - 1}"
    return ("-" if sign else "") + body


def shortest32(x):
    for n in range(1, 10):
        text = f"{x:.{n}g}"
        if f32(float(text)) == x:
            return text
    return repr(x)


# --- casts -------------------------------------------------------------------

ALLOWED = {
    "BOOLEAN": "BOOLEAN numbers texts",
    "NUMBER": "BOOLEAN numbers texts MILLIS MONTHS",
    "TEXT": "BOOLEAN numbers texts DATE TIME TIMESTAMP LTZ",
    "DATE": "texts DATE TIMESTAMP LTZ",
    "TIME": "texts TIME TIMESTAMP LTZ",
    "TIMESTAMP": "texts DATE TIME TIMESTAMP LTZ",
    "LTZ": "texts DATE TIME TIMESTAMP LTZ",
}


def family(t):
    return "NUMBER" if t.number else "TEXT" if t.text else t.kind


def may_cast(a, b):
    if a.kind == "NULL" or a.kind == b.kind:
        return True
    if a.interval:
        return b.text or b.kind in INTS
    words = ALLOWED[family(a)].split()
    return {"NUMBER": "numbers", "TEXT": "texts"}.get(family(b), b.kind) in words


def cast(v, a, b, zone="UTC"):
    """A value of type a as type b; Failed where it is none."""
    if v is None:
        return None
    if b.text:
        return fitted(as_text(v, a, zone), b, a)
    if a.text:
        return from_text(v, b, zone)
    if b.kind == "BOOLEAN":
        return v if a.kind == "BOOLEAN" else v != 0
    if b.number:
        return to_number(v, a, b)
    if b.time:
        return times.convert(v, a.kind, b.kind, b.p, zone)
    return v


def to_number(v, a, b):
    if a.interval:
        return wrap(v // 1000 if a.kind == "MILLIS" else v, b.kind)
    if a.kind == "BOOLEAN":
        v = int(v)
    if b.kind in APPROXIMATE:
        # A DECIMAL that Flink keeps as a BIGINT is divided in DOUBLE.
        short = a.kind == "DECIMAL" and a.p <= 18
        x = float(int(v.scaleb(a.s))) / 10.0 ** a.s if short else float(v)
        return f32(x) if b.kind == "FLOAT" else x
    if b.kind == "DECIMAL":
        if isinstance(v, float):
            if not math.isfinite(v):
                raise Failed("no number")
            v = Decimal(java(v))
        return exact(Decimal(v), b.p, b.s)
    if isinstance(v, float):
        return float_to_int(v, b.kind)
    return wrap(int(Decimal(v).to_integral_value(ROUND_DOWN)), b.kind)


def float_to_int(x, kind):
    """Java's: saturated to INT or BIGINT, then the low bits of it."""
    bits = 64 if kind == "BIGINT" else 32
    if math.isnan(x):
        return 0
    top = 1 << (bits - 1)
    n = int(max(-top, min(top - 1, int(x) if math.isfinite(x) else
                          math.copysign(top, x))))
    return wrap(n, kind)


def as_text(v, a, zone):
    if a.text:
        return v
    if a.kind == "BOOLEAN":
        return "TRUE" if v else "FALSE"
    if a.kind == "DECIMAL":
        return f"{v:f}"
    if a.kind in APPROXIMATE:
        return java(v, a.kind == "FLOAT")
    if a.time:
        return times.text(v, a.kind, a.p, zone)
    if a.kind == "MONTHS":
        return f"{'-' if v < 0 else '+'}{abs(v) // 12}-{abs(v) % 12:02d}"
    if a.kind == "MILLIS":
        sign, v = "-" if v < 0 else "+", abs(v)
        return (f"{sign}{v // 86400000} {v // 3600000 % 24:02d}:"
                f"{v // 60000 % 60:02d}:{v // 1000 % 60:02d}.{v % 1000:03d}")
    return str(v)


def fitted(s, b, a=None):
    """Cut to n characters; CHAR is filled."""
    if b.kind == "CHAR" and len(s) < b.p:
        return s.ljust(b.p)
    return s[:b.p]


TRUE, FALSE = ("t", "true", "y", "yes", "1"), ("f", "false", "n", "no", "0")


def from_text(s, b, zone):
    if b.kind == "BOOLEAN":
        if s.lower() in TRUE + FALSE:
            return s.lower() in TRUE
        raise Failed("no truth")
    if b.kind in INTS:
        m = re.fullmatch(r"([+-]?)(\d*)(?:\.(\d*))?", s.strip(" "), re.A)
        # A point alone is 0.
        if not m or (not m[2] and m[3] is None):
            raise Failed("no number")
        n = int(m[1] + (m[2] or "0"))
        if wrap(n, b.kind) != n:
            raise Failed("out of range")
        return n
    if b.kind == "DECIMAL":
        return decimal_of(s, b)
    if b.number:
        m = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?|"
                         r"[+-]?(?:NaN|Infinity)", s.strip("\0\t\n\r\f\v "),
                         re.A)
        if not m:
            raise Failed("no number")
        x = float(m[1] or m[0])
        return f32(x) if b.kind == "FLOAT" else x
    return times.read(s, b.kind, b.p, zone)


def decimal_of(s, t):
    """Short texts are read by a loop that swallows a last letter: 'x' is 0."""
    s = s.strip(" \t\n")
    short = t.p <= 18 and len(s.encode("utf-8", "replace")) <= 18
    m = re.fullmatch(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d*))?" + (
        r"[\0-\x7f]?" if short else ""), s, re.A | re.S)
    if not m or s in ("", "+", "-") or m[4] in ("+", "-") or not short and (
            not (m[2] or m[3]) or m[4] == ""):
        raise Failed("no number")
    digits = m[2] + (m[3] or "")
    exponent = max(-999, min(999, int(m[4] or 0))) - len(m[3] or "")
    number = Decimal(m[1] + (digits or "0")).scaleb(exponent, EXACT)
    d = exact(number, t.p, t.s)
    # Only what rounding carries over the precision is null.
    if len(digits) + exponent + t.s > t.p if short else d is None:
        raise Failed("overflow")
    return d
