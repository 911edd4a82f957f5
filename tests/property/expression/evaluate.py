"""evaluate - a tree becomes a type and a function of a row.

  expression = compile("i + 1", columns("i INT"), zone="UTC")
  expression.type, expression({"i": 2})

Refused is a fault of the text or its types, Failed one of a row.

SPDX-License-Identifier: ISC
"""

import inspect
import math
import re
from decimal import ROUND_HALF_UP, Decimal

from . import functions as fn
from . import times, types
from .syntax import FIELDS, Parser, Refused, parse
from .types import (APPROXIMATE, BIGINT, BOOLEAN, DATE, DOUBLE, EXACT, INT,
                    INTS, MAX, NULL, STRING, TIME, Failed, Type, bounded, cast,
                    common, f32, may_cast, wrap)

NO = object()


class Node:
    """An operand: its type, what it gives, and its value if it is constant."""

    def __init__(self, type_, call, const=NO, word=None, name=None):
        self.type, self.call, self.const, self.word = type_, call, const, word
        self.name = name  # of a column

    def __call__(self, row):
        return self.call(row)


def columns(text):
    """{name: Type} of a table's columns."""
    p, out = Parser(text), {}
    while True:
        name = p.take()[1].strip("`")
        name_type, numbers = p.type()
        out[name] = types.named(name_type, numbers)
        if not p.takes(","):
            return out


def compile(text, of, zone="UTC", where=False):
    """where: as a condition of WHERE, where Flink knows a column to be itself."""
    node = Compiler(of, zone, where).node(parse(text))
    if node.type.kind == "NULL":
        raise Refused("NULL alone has no type")
    return node


INVERSE = {"=": "<>", "<": ">=", ">": "<=", "<>": "=", ">=": "<", "<=": ">"}


def inverse(tree):
    """NOT of it, where the planner turns its comparisons; else None."""
    if tree[0] != "call":
        return None
    name, operands = tree[1:]
    if name in INVERSE:
        return ("call", INVERSE[name], operands)
    if name in ("AND", "OR"):
        return ("call", "OR" if name == "AND" else "AND",
                [("call", "NOT", [t]) for t in operands])
    if name == "BETWEEN":
        a, low, high = operands
        return ("call", "OR", [("call", "<", [a, low]), ("call", ">", [a, high])])
    if name == "BETWEEN SYMMETRIC":
        a, low, high = operands
        return ("call", "AND", [("call", "NOT", [("call", "BETWEEN", [a, *ends])])
                                for ends in ((low, high), (high, low))])
    # NOT of what is no truth is refused.
    return ("call", "AND", [*operands, *operands]) if name == "NOT" else None


def exactly(v):
    """The order of Java's Double.compare()."""
    return v != v, v if v == v else 0, math.copysign(1, v)


def const(type_, value):
    return Node(type_, lambda row: value, value)


class Compiler:
    def __init__(self, of, zone, where=False):
        self.columns, self.zone, self.where = of, zone, where

    def node(self, tree):
        return getattr(self, "on_" + tree[0])(*tree[1:])

    def nodes(self, trees):
        return [self.node(t) for t in trees]

    def to(self, node, type_):
        """A node as another type."""
        if node.type == type_ or node.type.kind == "NULL":
            return Node(type_, node.call, node.const)
        a, zone = node.type, self.zone
        return Node(type_, lambda row: safe_cast(node(row), a, type_, zone))

    # Leaves.

    def on_number(self, text):
        if "e" in text.lower():
            return const(DOUBLE, float(text))
        d = Decimal(text)
        if "." not in text:
            if not -(1 << 63) <= int(text) < 1 << 63:
                raise Refused("out of range")
            small = -(1 << 31) <= int(text) < 1 << 31
            return const(INT if small else BIGINT, int(text))
        scale = len(text.split(".")[1])
        digits = len(text.lstrip("-").replace(".", ""))
        if scale == 0:
            return self.on_number(text.rstrip("."))
        if abs(int(d.scaleb(scale, EXACT))) >= 1 << 63:
            raise Refused("out of range")
        return const(Type("DECIMAL", max(digits, scale), scale), d)

    def on_text(self, text):
        return const(Type("CHAR", len(fn.units(text)) // 2), text)

    def on_boolean(self, value):
        return const(BOOLEAN, value)

    def on_null(self):
        return const(NULL, None)

    def on_word(self, word):
        return Node(NULL, None, word=word)

    def on_type(self, type_):
        return Node(types.named(*type_), None, word="TYPE")

    def on_name(self, name):
        if name not in self.columns:
            raise Refused(f"no column: {name}")
        return Node(self.columns[name], lambda row: row[name], name=name)

    def on_literal(self, word, text):
        try:
            if word == "DATE":
                m = re.fullmatch(r"(\d{1,4})-(\d\d?)-(\d\d?)", text, re.A)
                return const(DATE, times.read_date(m[0] if m else "?"))
            if word == "TIME":
                if not re.fullmatch(r"\d\d?:\d\d?:\d\d?(\.\d+)?", text, re.A):
                    raise times.Unreadable(text)
                return const(TIME, times.read_time(text))
            if int(text[8:10]) > times.month_days(int(text[:4]), int(text[5:7])):
                raise times.Unreadable(text)
            digits = len(text.partition(".")[2])
            return const(Type("TIMESTAMP", digits),
                         times.read_stamp(text, 9))
        except (times.Unreadable, ValueError):
            raise Refused(f"{word} '{text}'")

    def on_interval(self, negative, text, first, last):
        sign = -1 if negative else 1
        if text.startswith("-"):
            sign, text = -sign, text[1:]
        precision = int(first.split()[1]) if " " in first else 2
        first, last = first.split()[0], last.split()[0]
        wanted = FIELDS[FIELDS.index(first):FIELDS.index(last) + 1]
        values = re.split(r"[-: ]", text)
        if len(values) != len(wanted):
            raise Refused(f"INTERVAL '{text}'")
        if len(values[0].split(".")[0]) > precision:
            raise Refused("INTERVAL: too long")
        sizes = {"YEAR": 12, "MONTH": 1, "DAY": 86400000, "HOUR": 3600000,
                 "MINUTE": 60000, "SECOND": 1000}
        try:
            n = sum(int(Decimal(v) * sizes[u]) for v, u in zip(values, wanted))
        except ArithmeticError:
            raise Refused(f"INTERVAL '{text}'")
        kind = "MONTHS" if first in ("YEAR", "MONTH") else "MILLIS"
        return const(Type(kind), sign * n)

    # Conditions.

    def on_case(self, whens, otherwise):
        tests = [self.truth(self.node(w)) for w, _ in whens]
        results = self.nodes([t for _, t in whens] + [otherwise])
        if all(r.type.kind == "NULL" for r in results):
            raise Refused("nothing but NULL")
        type_ = self.shared(results)
        results = [self.to(r, type_) for r in results]

        def call(row):
            for test, result in zip(tests, results):
                if test(row):
                    return result(row)
            return results[-1](row)
        return Node(type_, call)

    def shared(self, nodes):
        type_ = common([n.type for n in nodes])
        if type_ is None:
            raise Refused("no common type")
        return type_

    def merged(self, nodes):
        type_ = merged([n.type for n in nodes]) if nodes else None
        if type_ is None:
            raise Refused("no common type")
        return type_

    def truth(self, node):
        if node.type.kind not in ("BOOLEAN", "NULL"):
            raise Refused("no BOOLEAN")
        return node

    def on_is(self, tree, word):
        if tree[:2] == ("call", "NOT") and word in ("TRUE", "FALSE"):
            return self.on_is(tree[2][0], "FALSE" if word == "TRUE" else "TRUE")
        operand = self.node(tree)
        if word == "NULL":
            return Node(BOOLEAN, lambda row: operand(row) is None)
        self.truth(operand)
        want = {"TRUE": True, "FALSE": False, "UNKNOWN": None}[word]
        return Node(BOOLEAN, lambda row: operand(row) is want)

    def on_in(self, tree, trees):
        x = self.node(tree)
        members = [self.member(x.type, t) for t in trees]
        tests = [self.compare("=", x, m) for m in members]
        constants = [self.node(t).const for t in trees]
        if x.name and x.type.kind in ("FLOAT", "DOUBLE") and NO not in constants and (
                len(constants) - constants.count(None) > 1):
            # A set, which knows -0.0 from 0.0.
            tests = [strict(lambda a, b: exactly(a) == exactly(b), x, m)
                     for m in members]

        def call(row):
            answers = [t(row) for t in tests]
            return True if True in answers else None if None in answers else False
        return Node(BOOLEAN, call)

    def member(self, of, tree):
        """A member of IN is cast to the type of what is looked for."""
        node = self.node(tree)
        known = of.number or of.text
        if known and (node.type.number or node.type.text) and not (
                of.kind == node.type.kind or of.text and node.type.text):
            return self.cast(False, node, of)
        return node

    def on_cast(self, trying, tree, type_):
        return self.cast(trying, self.node(tree), types.named(*type_))

    def cast(self, trying, operand, to):
        a, zone = operand.type, self.zone
        if not may_cast(a, to):
            raise Refused(f"{a} is no {to}")

        def call(row):
            value = operand(row)
            try:
                return safe_cast(value, a, to, zone)
            except Failed:
                if trying:
                    return None
                raise
        return Node(to, call)

    # Calls.

    def on_call(self, name, trees):
        turned = inverse(trees[0]) if name == "NOT" and len(trees) == 1 else None
        if turned is not None:
            return self.node(turned)
        method = OPERATORS.get(name)
        if method is None:
            method = CALLS.get(name)
            if method is None:
                raise Refused(f"no function: {name}")
        args = self.nodes(trees)
        try:
            inspect.signature(method).bind(self, name, *args)
        except TypeError:
            raise Refused(f"{name}: {len(args)} operands")
        if name not in NULLS and any(
                a.type.kind == "NULL" and not a.word for a in args):
            raise Refused("NULL")
        return method(self, name, *args)

    def compare(self, name, a, b):
        self.comparable(a.type, b.type)
        order = ORDER[name]
        if self.where and a.name is not None and a.name == b.name:
            return const(BOOLEAN, order(0, 0))
        left, right = self.level(a, b)

        def call(row):
            x, y = left(row), right(row)
            if x is None or y is None:
                return None
            return order(x, y)
        return Node(BOOLEAN, call)

    def comparable(self, a, b):
        if "NULL" in (a.kind, b.kind) or a.number and b.number or (
                a.text and b.text) or a.kind == b.kind or (
                {a.kind, b.kind} == {"TIMESTAMP", "LTZ"}) or (
                a.interval and b.interval and a.kind == b.kind):
            return
        if a.text and b.time or b.text and a.time:
            return
        raise Refused(f"{a} beside {b}")

    def level(self, a, b):
        """Two functions of a row whose values can be compared."""
        x, y = a.type, b.type
        if x.text and y.text:
            def key(v):
                return v if v is None else v.encode("utf-8", "surrogatepass")
            return lambda row: key(a(row)), lambda row: key(b(row))
        if x.number and y.number and not (x.exact and y.exact):
            single = all(t.kind == "FLOAT" or t.kind in INTS for t in (x, y))
            type_ = types.FLOAT if single else DOUBLE
            return self.to(a, type_), self.to(b, type_)
        if x.text and y.time:
            return self.timely(a, y), b
        if y.text and x.time:
            return a, self.timely(b, x)
        if x.kind == "LTZ" and y.kind == "TIMESTAMP":
            return self.to(a, Type("TIMESTAMP", x.p)), b
        if y.kind == "LTZ" and x.kind == "TIMESTAMP":
            return a, self.to(b, Type("TIMESTAMP", y.p))
        return a, b

    def timely(self, node, type_):
        """A text as a time beside it; null where it is none."""
        if type_.kind in ("TIMESTAMP", "LTZ"):
            type_ = Type(type_.kind, max(3, type_.p))

        def call(row):
            try:
                return safe_cast(node(row), node.type, type_, self.zone)
            except Failed:
                return None
        return call

    def arithmetic(self, name, a, b):
        x, y = a.type, b.type
        if name in "+-" and (x.interval or y.interval):
            return self.with_interval(name, a, b)
        if name == "*" and (x.interval and y.kind in INTS
                            or y.interval and x.kind in INTS):
            type_ = x if x.interval else y
            return Node(type_, strict(lambda v, w: v * w, a, b))
        if not x.number or not y.number:
            raise Refused(f"{x} {name} {y}")
        if not (x.exact and y.exact):
            if name == "%":
                raise Refused(f"{x} % {y}")
            return self.floating(name, a, b)
        if x.kind in INTS and y.kind in INTS:
            type_ = y if name == "%" else common([x, y])
            return Node(type_, strict(lambda v, w: integer(
                name, v, w, type_.kind), a, b))
        (p, s), (q, r) = x.decimal(), y.decimal()
        if name == "%" and s == r == 0:
            return Node(y, strict(lambda v, w: remainder(v, w, y), a, b))
        type_ = decimal_type(name, p, s, q, r)
        return Node(type_, strict(lambda v, w: decimal(
            name, Decimal(v), Decimal(w), type_), a, b))

    def floating(self, name, a, b):
        type_ = common([a.type, b.type])
        left, right = self.to(a, type_), self.to(b, type_)
        single = type_.kind == "FLOAT"

        def call(x, y):
            z = double(name, x, y)
            return f32(z) if single else z
        return Node(type_, strict(call, left, right))

    def with_interval(self, name, a, b):
        if a.type.interval and b.type.time and name == "+":
            a, b = b, a
        sign = 1 if name == "+" else -1
        kind = a.type.kind
        if a.type.interval:
            if b.type.kind != kind:
                raise Refused("intervals")
            return Node(a.type, strict(lambda v, w: v + sign * w, a, b))
        if not a.type.time or not b.type.interval or (
                kind == "TIME" and b.type.kind == "MONTHS"):
            raise Refused(f"{a.type} {name} {b.type}")
        return Node(a.type, strict(lambda v, n: times.plus(
            v, kind, sign * n, b.type.kind), a, b))


def safe_cast(value, a, b, zone):
    try:
        return cast(value, a, b, zone)
    except times.Unreadable as e:
        raise Failed(str(e))


def strict(f, *nodes):
    """f of the nodes' values, null if one is null."""
    def call(row):
        values = [n(row) for n in nodes]
        return None if any(v is None for v in values) else f(*values)
    return call


# --- arithmetic --------------------------------------------------------------

def integer(name, x, y, kind):
    if name == "+":
        return wrap(x + y, kind)
    if name == "-":
        return wrap(x - y, kind)
    if name == "*":
        return wrap(x * y, kind)
    if y == 0:
        raise Failed("division by zero")
    quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    return wrap(quotient if name == "/" else x - quotient * y, kind)


def remainder(x, y, type_):
    if y == 0:
        raise Failed("division by zero")
    r = EXACT.remainder(Decimal(x), Decimal(y))
    return wrap(int(r), type_.kind) if type_.kind in INTS else types.exact(
        r, type_.p, 0)


def decimal_type(name, p, s, q, r):
    if name in "+-":
        scale = max(s, r)
        return bounded(max(p - s, q - r) + scale + 1, scale)
    if name == "*":
        return bounded(p + q + 1, s + r)
    if name == "/":
        scale = max(6, s + q + 1)
        return bounded(p - s + r + scale, scale)
    return bounded(min(p - s, q - r) + max(s, r), max(s, r))


def decimal(name, x, y, type_):
    if name in "/%" and y == 0:
        raise Failed("division by zero")
    if name == "/":
        z = types.Context(prec=38, rounding=ROUND_HALF_UP,
                          Emax=99999, Emin=-99999).divide(x, y)
    else:
        z = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply,
             "%": EXACT.remainder}[name](x, y)
    return types.exact(z, type_.p, type_.s)


def double(name, x, y):
    if name == "+":
        return x + y
    if name == "-":
        return x - y
    if name == "*":
        return x * y
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(
            math.inf, x) * math.copysign(1, y)
    return x / y


ORDER = {"=": lambda x, y: x == y, "<>": lambda x, y: x != y,
         "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
         ">": lambda x, y: x > y, ">=": lambda x, y: x >= y}


# --- operators ---------------------------------------------------------------

def op_and(c, name, a, b):
    c.truth(a), c.truth(b)
    stop = name == "OR"

    def call(row):
        x = a(row)
        if x is stop:
            return stop
        y = b(row)
        return stop if y is stop else None if None in (x, y) else not stop
    return Node(BOOLEAN, call)


def op_not(c, name, a):
    c.truth(a)
    return Node(BOOLEAN, strict(lambda x: not x, a))


def op_between(c, name, a, low, high):
    def within(low, high):
        return op_and(c, "AND", c.compare(">=", a, low), c.compare("<=", a, high))
    if name == "BETWEEN":
        return within(low, high)
    return op_and(c, "OR", within(low, high), within(high, low))


def op_distinct(c, name, a, b):
    equal = c.compare("=", a, b)
    return Node(BOOLEAN, lambda row: (a(row) is None) != (b(row) is None) or (
        a(row) is not None and not equal(row)))


def op_neg(c, name, a):
    if not a.type.number and not a.type.interval:
        raise Refused("no number")
    kind = a.type.kind
    return Node(a.type, strict(
        lambda x: x if name == "POS" else wrap(-x, kind) if kind in INTS
        else (EXACT.minus(x) if x else x) if kind == "DECIMAL" else -x, a))


def op_concat(c, name, a, b):
    x, y = a.type, b.type
    if not x.text or not y.text:
        raise Refused("||")
    kind = "CHAR" if x.kind == y.kind == "CHAR" else "VARCHAR"
    return Node(Type(kind, min(MAX, x.p + y.p)), strict(lambda v, w: v + w, a, b))


def op_like(c, name, a, pattern, escape=None):
    if not a.type.text or not pattern.type.text:
        raise Refused(name)
    make = fn.like if name == "LIKE" else fn.similar
    mark = escape.const if escape else None
    if mark is NO:
        raise Refused("ESCAPE is no constant")
    if name == "LIKE" and pattern.const == "":
        # Flink takes it for the start of any text.
        return Node(BOOLEAN, strict(lambda s: True, a))
    if name == "LIKE" and pattern.const is not NO:
        make(pattern.const, mark)
    return Node(BOOLEAN, strict(
        lambda s, p: bool(make(p, mark).fullmatch(s)), a, pattern))


def op_is_json(c, name, a, what):
    if not a.type.text:
        raise Refused("IS JSON")

    def call(row):
        s = a(row)
        try:
            v = fn.json_of(s) if s is not None else None
        except fn.Missing:
            return False
        if s is None:
            return False
        return {"VALUE": True, "ARRAY": isinstance(v, list),
                "OBJECT": isinstance(v, dict),
                "SCALAR": not isinstance(v, (list, dict))}[what.word]
    return Node(BOOLEAN, call)


OPERATORS = {**{o: (
    lambda c, name, a, b: c.compare(name, a, b)) for o in ORDER},
    **{o: (lambda c, name, a, b: c.arithmetic(name, a, b)) for o in "+-*/%"},
    "AND": op_and, "OR": op_and, "NOT": op_not, "BETWEEN": op_between,
    "BETWEEN SYMMETRIC": op_between, "IS DISTINCT FROM": op_distinct,
    "NEG": op_neg, "POS": op_neg, "||": op_concat, "LIKE": op_like,
    "SIMILAR TO": op_like, "IS JSON": op_is_json}
NULLS = {"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "BETWEEN",
         "BETWEEN SYMMETRIC", "COALESCE", "NULLIF", "IFNULL", "GREATEST",
         "LEAST"}


# --- functions ---------------------------------------------------------------

CALLS = {}


def call(*names):
    def add(f):
        for name in names:
            CALLS[name] = f
        return f
    return add


FITS = {"S": lambda t: t.text, "I": lambda t: t.kind in INTS and t.kind != "BIGINT",
        "L": lambda t: t.kind in INTS, "N": lambda t: t.number,
        "E": lambda t: t.exact}


def simple(names, result, takes, f):
    """A function of plain operands: takes "SI?" is a text and maybe an INT."""
    least = len(takes.split("?")[0]) - ("?" in takes)
    letters = takes.replace("?", "")

    def make(c, name, *args):
        if not least <= len(args) <= len(letters):
            raise Refused(f"{name}: operands")
        for letter, a in zip(letters, args):
            if not FITS[letter](a.type):
                raise Refused(f"{name}({a.type})")
        type_ = result(*[a.type for a in args]) if callable(result) else result
        return Node(type_, strict(f, *args))
    call(*names.split())(make)


def same(t, *rest):
    return t


def varying(t, *rest):
    return Type("VARCHAR", t.p)


simple("UPPER", same, "S", str.upper)
simple("LOWER", same, "S", str.lower)
simple("INITCAP", same, "S", fn.initcap)
simple("LTRIM", varying, "SS?", lambda s, w=" ": fn.trim("LEADING", w, s))
simple("RTRIM", varying, "SS?", lambda s, w=" ": fn.trim("TRAILING", w, s))
simple("SUBSTRING SUBSTR", varying, "SII?", fn.substring)
simple("CHAR_LENGTH CHARACTER_LENGTH", INT, "S", len)
simple("LOCATE", INT, "SSI?", fn.locate)
simple("REPLACE", STRING, "SSS", fn.replace)
simple("LEFT", varying, "SI", lambda s, n: s[:max(n, 0)])
simple("RIGHT", varying, "SI", lambda s, n: s[-n:] if n > 0 else "")
simple("LPAD", STRING, "SIS", lambda s, n, p: fn.pad(s, n, p, True))
simple("RPAD", STRING, "SIS", lambda s, n, p: fn.pad(s, n, p, False))
simple("REPEAT", STRING, "SI", lambda s, n: s * max(n, 0))
simple("REVERSE", STRING, "S", lambda s: s[::-1])
simple("ASCII", INT, "S", fn.ascii_of)
simple("CHR", STRING, "L", fn.chr_of)
simple("REGEXP", BOOLEAN, "SS", fn.regexp)
simple("REGEXP_EXTRACT", STRING, "SSI?", fn.regexp_extract)
simple("REGEXP_REPLACE", STRING, "SSS", fn.regexp_replace)
simple("PARSE_URL", STRING, "SSS?", fn.parse_url)


@call("INSTR")
def instr(c, name, a, b, *rest):
    if len(rest) > 2 or not a.type.text or not b.type.text or any(
            r.type.kind not in INTS for r in rest):
        raise Refused(name)
    return Node(INT, strict(fn.instr, a, b, *rest))


@call("OVERLAY")
def overlay(c, name, s, by, *numbers):
    if not s.type.text or not by.type.text or any(
            n.type.kind not in INTS for n in numbers):
        raise Refused(name)
    return Node(Type("VARCHAR", min(MAX, s.type.p + by.type.p)),
                strict(fn.overlay, s, by, *numbers))


@call("TRIM")
def trim(c, name, side, what, s):
    if not what.type.text or not s.type.text:
        raise Refused(name)
    return Node(varying(s.type), strict(
        lambda w, v: fn.trim(side.word, w, v), what, s))


@call("SPLIT_INDEX")
def split_index(c, name, s, by, n):
    if not s.type.text or not (by.type.text or by.type.kind in INTS) or (
            n.type.kind not in INTS):
        raise Refused(name)
    return Node(STRING, strict(fn.split_index, s, by, n))


@call("CONCAT")
def concat(c, name, *texts):
    if not texts or not all(t.type.text for t in texts):
        raise Refused(name)
    return Node(STRING, strict(lambda *v: "".join(v), *texts))


@call("CONCAT_WS")
def concat_ws(c, name, *texts):
    if not texts or not all(t.type.text for t in texts):
        raise Refused(name)
    return Node(STRING, lambda row: fn.concat_ws(*[t(row) for t in texts]))


# Numbers.

@call("ABS", "SIGN")
def absolute(c, name, a):
    t = a.type
    if not t.number:
        raise Refused(name)

    def sign(x):
        if t.kind in APPROXIMATE:
            return x if math.isnan(x) or x == 0 else math.copysign(1, x)
        return (x > 0) - (x < 0)

    def give(x):
        x = sign(x) if name == "SIGN" else (
            x.copy_abs() if t.kind == "DECIMAL" else abs(x))
        return wrap(x, t.kind) if t.kind in INTS else types.exact(
            Decimal(x), t.p, t.s) if t.kind == "DECIMAL" else x
    return Node(t, strict(give, a))


ROUNDED = ("DAY WEEK MONTH QUARTER YEAR DECADE CENTURY MILLENNIUM HOUR MINUTE "
           "SECOND MILLISECOND").split()


@call("FLOOR", "CEIL")
def floor(c, name, a, unit=None):
    t, up = a.type, name == "CEIL"
    if unit is not None:
        if not t.time or unit.word not in ROUNDED[8 if t.kind == "TIME" else 0:]:
            raise Refused(name)
        return Node(t, strict(lambda v: times.round_to(
            unit.word, v, t.kind, up, c.zone), a))
    if not t.number:
        raise Refused(name)
    if t.kind in INTS:
        return a
    if t.kind == "DECIMAL":
        type_ = Type("DECIMAL", t.p, 0)
        return Node(type_, strict(lambda x: types.exact(x.to_integral_value(
            "ROUND_CEILING" if up else "ROUND_FLOOR"), t.p, 0), a))
    return Node(t, strict(lambda x: float_floor(x, up), a))


def float_floor(x, up):
    if not math.isfinite(x) or x == 0:
        return x
    return math.copysign(float(math.ceil(x) if up else math.floor(x)), x) if (
        up) else float(math.floor(x))


@call("ROUND", "TRUNCATE")
def rounded(c, name, a, n=None):
    t, down = a.type, name == "TRUNCATE"
    if not t.number or n is not None and n.type.kind not in INTS:
        raise Refused(name)
    n = n or const(INT, 0)
    type_ = t
    if t.kind == "DECIMAL":
        type_ = round_type(t, n.const, down)
    return Node(type_, strict(lambda x, k: round_value(x, k, t, type_, down), a, n))


def round_type(t, n, down):
    """One digit more before the point, where rounding may carry."""
    if n is NO:
        return t
    if n >= t.s:
        return t
    if n < 0:
        return Type("DECIMAL", min(38, 1 + t.p - t.s), 0)
    return Type("DECIMAL", 1 + t.p - t.s + n, n)


def round_value(x, n, t, type_, down):
    if t.kind in APPROXIMATE:
        if not math.isfinite(x):
            return x
        if n > 350:
            return x
        z = float(fn.fixed(Decimal(repr(x)), max(n, -350), down))
        z = z if z else 0.0
        return f32(z) if t.kind == "FLOAT" else z
    if n >= (t.s or 0):
        return x
    z = fn.fixed(Decimal(x), max(n, -50), down)
    return wrap(int(z), t.kind) if t.kind in INTS else types.exact(
        z, type_.p, type_.s)


@call("MOD")
def mod(c, name, a, b):
    if not a.type.exact or not b.type.exact:
        raise Refused(name)
    return c.arithmetic("%", a, b)


def real(names, takes, f):
    def make(c, name, *args):
        if len(args) != takes or not all(a.type.number for a in args):
            raise Refused(name)
        return Node(DOUBLE, strict(fn.guarded(f), *[c.to(a, DOUBLE) for a in args]))
    call(*names.split())(make)


real("SQRT", 1, math.sqrt)
real("EXP", 1, math.exp)
real("LN", 1, fn.log)
real("POWER", 2, fn.power)
real("LOG10", 1, lambda x: math.log10(x) if x > 0 else fn.log(x))
real("LOG2", 1, lambda x: math.log2(x) if x > 0 else fn.log(x))


@call("LOG")
def logarithm(c, name, a, b=None):
    if not a.type.number or b is not None and not b.type.number:
        raise Refused(name)
    a = c.to(a, DOUBLE)
    if b is None:
        return Node(DOUBLE, strict(fn.log, a))
    return Node(DOUBLE, strict(lambda x, y: double("/", fn.log(y), fn.log(x)),
                               a, c.to(b, DOUBLE)))


@call("GREATEST", "LEAST")
def greatest(c, name, *args):
    type_ = c.merged(args)
    if type_.kind == "NULL":
        raise Refused(name)
    pick = max if name == "GREATEST" else min

    def key(v):
        if isinstance(v, float):
            return exactly(v)
        return v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v
    return Node(type_, strict(lambda *v: pick(v, key=key),
                              *[c.to(a, type_) for a in args]))


# Conditions.

@call("IF")
def condition(c, name, test, a, b):
    c.truth(test)
    type_ = c.shared([a, b])
    if a.type.kind == b.type.kind and a.type.kind in ("TIMESTAMP", "LTZ"):
        type_ = a.type
    x, y = c.to(a, type_), c.to(b, type_)
    return Node(type_, lambda row: x(row) if test(row) else y(row))


def merged(kinds):
    """Functions have rules of their own for FLOAT and for LTZ."""
    out = kinds[0]
    for t in kinds[1:]:
        both = (out.kind, t.kind)
        if "DOUBLE" in both and out.number and t.number:
            out = DOUBLE
        elif both == ("DECIMAL", "FLOAT"):
            out = t
        elif set(both) == {"TIMESTAMP", "LTZ"}:
            out = Type("LTZ", max(out.p, t.p))
        else:
            out = common([out, t])
            if out is None:
                return None
    return out


@call("COALESCE", "IFNULL")
def coalesce(c, name, *args):
    if not args or name == "IFNULL" and len(args) != 2 or (
            all(a.type.kind == "NULL" for a in args)):
        raise Refused(name)
    type_ = c.merged(args)
    args = [c.to(a, type_) for a in args]
    return Node(type_, lambda row: next(
        (v for v in (a(row) for a in args) if v is not None), None))


@call("NULLIF")
def nullif(c, name, a, b):
    if a.type.kind == "NULL":
        raise Refused(name)
    equal = c.compare("=", a, b)
    type_ = a.type
    return Node(type_, lambda row: None if equal(row) else a(row))


# Times.

@call("EXTRACT")
def extract(c, name, unit, a):
    t, u = a.type, unit.word
    day = ("HOUR", "MINUTE", "SECOND", "MILLISECOND")
    if not t.time and not t.interval or t.kind == "TIME" and u not in day or (
            t.kind == "DATE" and u in ("MICROSECOND", "NANOSECOND")):
        raise Refused(f"EXTRACT({u} FROM {t})")
    return Node(BIGINT, strict(lambda v: times.extract(u, v, t.kind, c.zone), a))


for _name, _unit in {**{u: u for u in ("YEAR QUARTER MONTH WEEK HOUR MINUTE "
                                       "SECOND").split()},
                     "DAYOFYEAR": "DOY", "DAYOFMONTH": "DAY",
                     "DAYOFWEEK": "DOW"}.items():
    CALLS[_name] = lambda c, name, a, unit=_unit: extract(
        c, name, Node(NULL, None, word=unit), a)

UNIT_MS = {"WEEK": 7 * 86400000, "DAY": 86400000, "HOUR": 3600000,
           "MINUTE": 60000, "SECOND": 1000}
UNIT_MONTHS = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}


@call("TIMESTAMPADD")
def timestampadd(c, name, unit, n, a):
    u, t = unit.word, a.type
    if n.type.kind not in INTS or not t.time or (
            u not in UNIT_MS and u not in UNIT_MONTHS):
        raise Refused(name)
    if t.kind == "DATE" and u in ("HOUR", "MINUTE", "SECOND"):
        t = Type("TIMESTAMP", 6)
        a = c.to(a, t)
    months = u in UNIT_MONTHS
    size = UNIT_MONTHS[u] if months else UNIT_MS[u]
    return Node(t, strict(lambda k, v: times.plus(
        v, t.kind, k * size, "MONTHS" if months else "MILLIS"), n, a))


@call("TIMESTAMPDIFF")
def timestampdiff(c, name, unit, a, b):
    u, kinds = unit.word, {a.type.kind, b.type.kind}
    if not kinds <= {"DATE", "TIMESTAMP", "LTZ"} or (
            u not in UNIT_MS and u not in UNIT_MONTHS) or (
            "LTZ" in kinds and len(kinds) > 1):
        raise Refused(name)
    stamp = Type("LTZ" if "LTZ" in kinds else "TIMESTAMP", 9)
    a, b = c.to(a, stamp), c.to(b, stamp)

    def diff(x, y):
        if u in UNIT_MONTHS:
            n = times.months_of_times(y, x)
            return wrap(times.truncated(n, UNIT_MONTHS[u]), "INT")
        ms = y // times.MS - x // times.MS
        if u == "WEEK":
            return times.truncated(wrap(times.truncated(ms, 1000), "INT"), 604800)
        return wrap(times.truncated(ms, UNIT_MS[u]), "INT")
    return Node(INT, strict(diff, a, b))


def or_null(f):
    def give(*args):
        try:
            return f(*args)
        except times.Unreadable:
            return None
    return give


@call("TO_TIMESTAMP")
def to_timestamp(c, name, a, form=None):
    if not a.type.text or form is not None and not form.type.text:
        raise Refused(name)
    if form is None:
        return Node(Type("TIMESTAMP", 3), strict(or_null(
            lambda s: times.read_stamp(s, 3)), a))
    return Node(Type("TIMESTAMP", 3), strict(or_null(
        lambda s, f: times.parse_stamp(s, f)), a, form))


@call("TO_TIMESTAMP_LTZ")
def to_timestamp_ltz(c, name, a, p):
    if not a.type.number or p.type.kind not in INTS:
        raise Refused(name)

    def give(v, digits):
        if digits not in (0, 3):
            raise Failed("precision")
        if isinstance(v, float):
            ms = int(v * 1000) if digits == 0 else int(v)
        else:
            ms = int(v) * (1000 if digits == 0 else 1)
        year = times.civil(ms // times.DAY_MS)[0]
        return ms * times.MS if 0 <= year <= 9999 else None
    return Node(Type("LTZ", 3), strict(give, a, p))


@call("TO_DATE")
def to_date(c, name, a, form=None):
    if not a.type.text or form is not None and not form.type.text:
        raise Refused(name)
    if form is None:
        return Node(DATE, strict(or_null(times.read_date), a))
    return Node(DATE, strict(or_null(lambda s, f: times.parse_lenient(s, f)
                                     // times.DAY_MS), a, form))


@call("DATE_FORMAT")
def date_format(c, name, a, form):
    t = a.type
    if not (t.text or t.kind in ("TIMESTAMP", "LTZ")) or not form.type.text:
        raise Refused(name)

    def give(v, f):
        try:
            if t.text:
                v = times.parse_lenient(v, "yyyy-MM-dd HH:mm:ss") * times.MS
        except times.Unreadable:
            return None
        if t.kind == "LTZ":
            v = times.to_local(v, c.zone)
        try:
            return times.format_stamp(v, f)
        except times.Unreadable as e:
            raise Failed(str(e))
    return Node(STRING, strict(give, a, form))


@call("CONVERT_TZ")
def convert_tz(c, name, a, of, to):
    if not all(x.type.text for x in (a, of, to)):
        raise Refused(name)

    def give(s, x, y):
        ms = times.parse_lenient(s, "yyyy-MM-dd HH:mm:ss")
        ms = times.lenient_instant(ms, x)
        ms += times.offset_ms(ms, y)
        return times.format_stamp(ms * times.MS, "yyyy-MM-dd HH:mm:ss")
    return Node(STRING, strict(or_null(give), a, of, to))


@call("UNIX_TIMESTAMP")
def unix_timestamp(c, name, *args):
    if not args:
        return Node(BIGINT, lambda row: no_clock())
    if len(args) > 2 or not all(a.type.text for a in args):
        raise Refused(name)

    def give(s, form="yyyy-MM-dd HH:mm:ss"):
        try:
            ms = times.lenient_instant(times.parse_lenient(s, form), c.zone)
            return times.truncated(ms, 1000)
        except times.Unreadable:
            return -1 << 63
    return Node(BIGINT, strict(give, *args))


@call("FROM_UNIXTIME")
def from_unixtime(c, name, a, form=None):
    if a.type.kind not in INTS or form is not None and not form.type.text:
        raise Refused(name)
    form = form or const(STRING, "yyyy-MM-dd HH:mm:ss")
    return Node(STRING, strict(lambda n, f: times.format_stamp(
        times.to_local(n * 10 ** 9, c.zone), f), a, form))


def clock(c, name, *args):
    if args:
        raise Refused(name)
    kind = {"CURRENT_TIMESTAMP": Type("LTZ", 3), "NOW": Type("LTZ", 3),
            "LOCALTIMESTAMP": Type("TIMESTAMP", 3), "CURRENT_DATE": DATE}
    return Node(kind.get(name, TIME), lambda row: no_clock())


def no_clock():
    raise NotImplementedError("the time now")


for _name in "CURRENT_TIMESTAMP NOW LOCALTIMESTAMP CURRENT_DATE CURRENT_TIME LOCALTIME".split():
    CALLS[_name] = clock


# JSON.

@call("JSON_VALUE")
def json_value(c, name, a, path, type_, empty, error):
    if not a.type.text or not path.type.text:
        raise Refused(name)
    t = type_.type
    if t.kind not in ("VARCHAR", "INT", "BOOLEAN", "DOUBLE"):
        raise Refused(f"RETURNING {t}")

    def otherwise(how):
        if how.word == "ERROR":
            raise Failed("JSON")
        return None if how.word == "NULL" else how.const

    def give(s, p):
        try:
            v = fn.json_at(s, p, scalar=True)
        except fn.Empty:
            return otherwise(empty)
        except fn.Missing:
            return otherwise(error)
        if t.kind == "VARCHAR":
            return "true" if v is True else "false" if v is False else (
                types.java(v) if isinstance(v, float) else str(v))
        want = {"INT": int, "BOOLEAN": bool, "DOUBLE": float}[t.kind]
        if type(v) is not want:
            raise Failed("RETURNING")
        return v
    return Node(t, strict(give, a, path))


@call("JSON_EXISTS")
def json_exists(c, name, a, path, error):
    if not a.type.text or not path.type.text:
        raise Refused(name)

    def give(s, p):
        try:
            fn.json_at(s, p)
            return True
        except fn.Empty:
            return False
        except fn.Missing:
            if error.word == "ERROR":
                raise Failed("JSON")
            return {"TRUE": True, "FALSE": False}.get(error.word)
    return Node(BOOLEAN, strict(give, a, path))
