"""syntax - an expression's text becomes a tree: (kind, operands...).

Precedences are Calcite's.  Leaves: ("number", text), ("text", text), ("name",
text), ("null",), ("boolean", bool), ("literal", word, text), ("interval",
negative, text, from, to).  All else is ("call", NAME, [operands]), where an
operand may be a ("word", WORD), and ("cast", try, operand, type), ("case",
[(when, then)], else), ("in", operand, [list]), ("is", operand, WORD).

SPDX-License-Identifier: ISC
"""

import re

TOKEN = re.compile(r"""\s*(?:--[^\n]*\n\s*)*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<word>[^\W\d]\w*)
  | (?P<sign><>|<=|>=|\|\||[-+*/%=<>(),.])
  | (?P<end>$))""", re.X | re.S)
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ROLLING = "MILLISECOND SECOND MINUTE HOUR DAY MONTH QUARTER YEAR".split()


def rolls_up(outer, inner):
    return (outer in ROLLING and inner in ROLLING
            and ROLLING.index(outer) >= ROLLING.index(inner))


UNITS = ("YEAR QUARTER MONTH WEEK DAY DOY DOW ISODOW ISOYEAR CENTURY DECADE "
         "MILLENNIUM HOUR MINUTE SECOND MILLISECOND MICROSECOND NANOSECOND "
         "EPOCH").split()
FIELDS = "YEAR MONTH DAY HOUR MINUTE SECOND".split()
BARE = ("CURRENT_TIMESTAMP LOCALTIMESTAMP CURRENT_DATE CURRENT_TIME "
        "LOCALTIME").split()


class Refused(Exception):
    """The text, or its types, are wrong: before any row."""


def tokens(text):
    out, at = [], 0
    while True:
        m = TOKEN.match(text, at)
        if not m:
            raise Refused(f"unreadable at {at}: {text[at:at + 10]}")
        kind = m.lastgroup
        out.append((kind, m.group(kind)))
        at = m.end()
        if kind == "end":
            return out


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens(text), 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def word(self, ahead=0):
        kind, text = self.peek(ahead)
        return text.upper() if kind == "word" else None

    def sign(self):
        kind, text = self.peek()
        return text if kind == "sign" else None

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def takes(self, *words):
        for i, w in enumerate(words):
            kind, text = self.peek(i)
            if kind not in ("word", "sign") or text.upper() != w:
                return False
        self.at += len(words)
        return True

    def expect(self, *words):
        if not self.takes(*words):
            raise Refused(f"{' '.join(words)} is missing at {self.peek()[1]!r}")

    def all(self):
        tree = self.expr(0)
        if self.peek()[0] != "end":
            raise Refused(f"left over: {self.peek()[1]!r}")
        return tree

    def expr(self, least):
        left = self.prefix()
        while True:
            new = self.infix(left, least)
            if new is None:
                return left
            left = new

    def prefix(self):
        if self.word() == "NOT":
            self.take()
            return ("call", "NOT", [self.expr(27)])
        if self.sign() in ("-", "+"):
            sign = self.take()[1]
            operand = self.expr(80)
            if operand[0] == "number" and sign == "-":
                return ("number", "-" + operand[1])
            return operand if sign == "+" and operand[0] == "number" else (
                "call", "NEG" if sign == "-" else "POS", [operand])
        return self.primary()

    def infix(self, left, least):
        sign, word = self.sign(), self.word()
        if sign in COMPARISONS and least < 30:
            self.take()
            return ("call", sign, [left, self.expr(30)])
        if sign in ("+", "-") and least < 40:
            self.take()
            return ("call", sign, [left, self.expr(40)])
        if sign in ("*", "/", "%", "||") and least < 60:
            self.take()
            return ("call", sign, [left, self.expr(60)])
        if word == "AND" and least < 24:
            self.take()
            return ("call", "AND", [left, self.expr(24)])
        if word == "OR" and least < 22:
            self.take()
            return ("call", "OR", [left, self.expr(22)])
        if word == "IS" and least < 28:
            return self.is_what(left)
        if word in ("BETWEEN", "IN", "LIKE", "SIMILAR", "NOT") and least < 32:
            return self.range_or_like(left)
        return None

    def is_what(self, left):
        self.take()
        no = self.takes("NOT")
        if self.takes("DISTINCT", "FROM"):
            tree = ("call", "IS DISTINCT FROM", [left, self.expr(30)])
        elif self.takes("JSON"):
            kind = "VALUE"
            if self.word() in ("VALUE", "SCALAR", "ARRAY", "OBJECT"):
                kind = self.take()[1].upper()
            tree = ("call", "IS JSON", [left, ("word", kind)])
        else:
            word = self.take()[1].upper()
            if word not in ("NULL", "TRUE", "FALSE", "UNKNOWN"):
                raise Refused(f"IS {word}")
            tree = ("is", left, word)
        return ("call", "NOT", [tree]) if no else tree

    def range_or_like(self, left):
        no = self.takes("NOT")
        if self.takes("BETWEEN"):
            symmetric = self.takes("SYMMETRIC")
            self.takes("ASYMMETRIC")
            low = self.expr(32)
            self.expect("AND")
            tree = ("call", "BETWEEN SYMMETRIC" if symmetric else "BETWEEN",
                    [left, low, self.expr(32)])
        elif self.takes("IN"):
            self.expect("(")
            values = [self.expr(0)]
            while self.takes(","):
                values.append(self.expr(0))
            self.expect(")")
            tree = ("in", left, values)
        elif self.takes("LIKE") or self.takes("SIMILAR", "TO"):
            name = ("LIKE" if self.tokens[self.at - 1][1].upper() == "LIKE"
                    else "SIMILAR TO")
            operands = [left, self.expr(32)]
            if self.takes("ESCAPE"):
                operands.append(self.expr(32))
            tree = ("call", name, operands)
        else:
            raise Refused(f"NOT {self.peek()[1]!r}")
        return ("call", "NOT", [tree]) if no else tree

    def primary(self):
        kind, text = self.take()
        if kind == "number":
            return ("number", text)
        if kind == "text":
            return ("text", text[1:-1].replace("''", "'"))
        if kind == "quoted":
            return ("name", text[1:-1].replace("``", "`"))
        if kind == "sign" and text == "(":
            tree = self.expr(0)
            self.expect(")")
            return tree
        if kind != "word":
            raise Refused(f"no operand: {text!r}")
        return self.after_word(text)

    def after_word(self, text):
        word = text.upper()
        if word in ("TRUE", "FALSE", "UNKNOWN"):
            return ("boolean", {"TRUE": True, "FALSE": False}.get(word))
        if word == "NULL":
            return ("null",)
        if word in ("DATE", "TIME", "TIMESTAMP") and self.peek()[0] == "text":
            return ("literal", word, self.take()[1][1:-1])
        if word == "INTERVAL":
            return self.interval()
        if word == "CASE":
            return self.case()
        if self.sign() == "(" and word not in BARE:
            self.take()
            return self.call(word)
        if word in BARE:
            return ("call", word, [])
        return ("name", text)

    def interval(self):
        negative = self.takes("-")
        kind, text = self.take()
        if kind != "text":
            raise Refused("INTERVAL needs a text")
        units = []
        while True:
            unit = self.take()[1].upper()
            if unit not in FIELDS:
                raise Refused(f"INTERVAL of {unit}")
            units.append(unit)
            if self.takes("("):
                units[-1] += " " + self.take()[1]
                self.expect(")")
            if len(units) == 2 or not self.goes_on(unit) or not self.takes("TO"):
                return ("interval", negative, text[1:-1], units[0], units[-1])

    def goes_on(self, unit):
        """Is TO the interval's?"""
        finer = {"YEAR": ["MONTH"], "DAY": ["HOUR", "MINUTE", "SECOND"],
                 "HOUR": ["MINUTE", "SECOND"], "MINUTE": ["SECOND"]}
        after = self.tokens[self.at + 1:self.at + 2]
        return bool(after) and after[0][1].upper() in finer.get(unit, [])

    def case(self):
        value = None if self.word() == "WHEN" else self.expr(0)
        whens, otherwise = [], ("null",)
        while self.takes("WHEN"):
            when = self.expr(0)
            self.expect("THEN")
            if value is not None:
                when = ("call", "=", [value, when])
            whens.append((when, self.expr(0)))
        if not whens:
            raise Refused("CASE needs WHEN")
        if self.takes("ELSE"):
            otherwise = self.expr(0)
        self.expect("END")
        return ("case", whens, otherwise)

    # A function's operands: some have words of their own between them.

    def call(self, name):
        special = getattr(self, "call_" + name.lower(), None)
        if special:
            return special()
        return ("call", name, self.operands())

    def operands(self):
        out = []
        if not self.takes(")"):
            out.append(self.expr(0))
            while self.takes(","):
                out.append(self.expr(0))
            self.expect(")")
        return out

    def type(self):
        words = [self.take()[1].upper()]
        if words[0] == "DOUBLE":
            self.takes("PRECISION")
        numbers = []
        if self.takes("("):
            while True:
                numbers.append(int(self.take()[1]))
                if not self.takes(","):
                    break
            self.expect(")")
        if words[0] == "INTERVAL":
            words.append(self.take()[1].upper())
        self.takes("NOT", "NULL")
        return (" ".join(words), numbers)

    def call_cast(self, trying=False):
        operand = self.expr(0)
        self.expect("AS")
        type_ = self.type()
        self.expect(")")
        return ("cast", trying, operand, type_)

    def call_try_cast(self):
        return self.call_cast(True)

    def call_substring(self):
        operands = [self.expr(0)]
        if self.takes("FROM") or self.takes(","):
            operands.append(self.expr(0))
            if self.takes("FOR") or self.takes(","):
                operands.append(self.expr(0))
        else:
            raise Refused("SUBSTRING needs a start")
        self.expect(")")
        return ("call", "SUBSTRING", operands)

    def call_trim(self):
        side, what = "BOTH", None
        if self.word() in ("BOTH", "LEADING", "TRAILING"):
            side = self.take()[1].upper()
        if not self.takes("FROM"):
            what = self.expr(0)
            if self.takes(")"):
                return ("call", "TRIM", [("word", side), ("text", " "), what])
            self.expect("FROM")
        of = self.expr(0)
        self.expect(")")
        return ("call", "TRIM", [("word", side), what or ("text", " "), of])

    def call_position(self):
        operands = [self.expr(33)]
        self.expect("IN")
        operands.append(self.expr(33))
        if self.takes("FROM"):
            operands.append(self.expr(0))
        self.expect(")")
        return ("call", "LOCATE", operands)

    def call_overlay(self):
        operands = [self.expr(0)]
        self.expect("PLACING")
        operands.append(self.expr(0))
        self.expect("FROM")
        operands.append(self.expr(0))
        if self.takes("FOR"):
            operands.append(self.expr(0))
        self.expect(")")
        return ("call", "OVERLAY", operands)

    def unit(self):
        unit = self.take()[1].upper()
        unit = unit[8:] if unit.startswith("SQL_TSI_") else unit
        if unit not in UNITS:
            raise Refused(f"no unit: {unit}")
        return ("word", unit)

    def call_extract(self):
        unit = self.unit()
        self.expect("FROM")
        operand = self.expr(0)
        self.expect(")")
        return ("call", "EXTRACT", [unit, operand])

    def call_floor(self, name="FLOOR"):
        operands = [self.expr(0)]
        if self.takes("TO"):
            operands.append(self.unit())
            inner = operands[0]
            # Flink's planner: of a day's floor the month's is that of the time.
            while (inner[:2] == ("call", name) and len(inner[2]) == 2
                   and rolls_up(operands[1][1], inner[2][1][1])):
                inner = operands[0] = inner[2][0]
        self.expect(")")
        return ("call", name, operands)

    def call_ceil(self):
        return self.call_floor("CEIL")

    call_ceiling = call_ceil

    def call_timestampadd(self, name="TIMESTAMPADD"):
        unit = self.unit()
        self.expect(",")
        return ("call", name, [unit] + self.operands())

    def call_timestampdiff(self):
        return self.call_timestampadd("TIMESTAMPDIFF")

    def json_behaviour(self, on):
        """NULL, ERROR or DEFAULT x, then ON EMPTY or ON ERROR."""
        start = self.at
        if self.takes("DEFAULT"):
            how = self.expr(0)
        elif self.word() in ("NULL", "ERROR", "TRUE", "FALSE", "UNKNOWN"):
            how = ("word", self.take()[1].upper())
        else:
            return None
        if self.takes("ON", on):
            return how
        self.at = start
        return None

    def call_json_value(self):
        operands = [self.expr(0)]
        self.expect(",")
        operands.append(self.expr(0))
        type_ = ("VARCHAR", [2147483647])
        if self.takes("RETURNING"):
            type_ = self.type()
        empty = self.json_behaviour("EMPTY") or ("word", "NULL")
        error = self.json_behaviour("ERROR") or ("word", "NULL")
        self.expect(")")
        return ("call", "JSON_VALUE", operands + [("type", type_), empty, error])

    def call_json_exists(self):
        operands = [self.expr(0)]
        self.expect(",")
        operands.append(self.expr(0))
        error = self.json_behaviour("ERROR") or ("word", "FALSE")
        self.expect(")")
        return ("call", "JSON_EXISTS", operands + [error])


def parse(text):
    return Parser(text).all()
