"""rows - a table's rows as values, and values as JSON.

SPDX-License-Identifier: ISC
"""

import json
import math
from decimal import Decimal

from . import times, types


def value(v, t):
    """A JSON value as one of type t."""
    if v is None:
        return None
    if t.kind in types.INTS:
        return int(v)
    if t.kind in types.APPROXIMATE:
        x = float(v)
        return types.f32(x) if t.kind == "FLOAT" else x
    if t.kind == "DECIMAL":
        return types.exact(Decimal(v), t.p, t.s)
    if t.kind in ("TIMESTAMP", "LTZ"):
        return times.read_stamp(v.replace("T", " ").rstrip("Z"), 9)
    if t.time:
        return times.read(v, t.kind, t.p, "UTC")
    return v


def row(text, columns):
    of = json.loads(text, parse_float=Decimal)
    return {name: value(of.get(name), t) for name, t in columns.items()}


def rendered(v, t):
    """A value as the vectors have it: texts, numbers, truth."""
    if v is None or t.text or t.kind == "BOOLEAN":
        return v
    if t.kind in ("TIMESTAMP", "LTZ"):
        s = (times.date_text(v // times.DAY_NS) + "T"
             + times.clock(v % times.DAY_NS // times.MS))
        fraction = f"{v % 10 ** 9:09d}".rstrip("0")
        return s + ("." + fraction if fraction else "") + (
            "Z" if t.kind == "LTZ" else "")
    if t.time:
        return times.text(v, t.kind, t.p, "UTC")
    return v


def equal(got, want, t):
    """A rendered value against a vector's; libm may differ in the last bits."""
    if got is None or want is None:
        return got is want
    if t.kind in types.APPROXIMATE:
        x, y = float(got), float(want)
        if t.kind == "FLOAT":
            x, y = types.f32(x), types.f32(y)
        return math.isnan(x) and math.isnan(y) or x == y or math.isclose(
            x, y, rel_tol=4e-16 if t.kind == "DOUBLE" else 0)
    if t.kind == "DECIMAL":
        return Decimal(got) == Decimal(want)
    return got == want
