"""generate - random tables, and random expressions over them whose types fit.

What tests/vectors/expressions/differs.tsv sets apart is not made.

SPDX-License-Identifier: ISC
"""

COLUMNS = ("i INT, j INT, b BIGINT, s SMALLINT, d DECIMAL(8,2), "
           "e DECIMAL(18,6), f DOUBLE, x STRING, y VARCHAR(20), z BOOLEAN, "
           "a TIMESTAMP(3), c TIMESTAMP(3), l TIMESTAMP_LTZ(3), dt DATE")
KINDS = {"int": ["i", "j", "b", "s"], "decimal": ["d", "e"], "double": ["f"],
         "text": ["x", "y"], "truth": ["z"], "stamp": ["a", "c"], "ltz": ["l"],
         "date": ["dt"]}
TEXTS = ["", " ", "a", "abc", "ABC", "a,b,,c", "  pad ", "/api/v1/users", "007",
         "-3.5", "äöü", "日本語", "a😀b", "O'Brien", "x=1;y=2", "true", "null",
         "2026-01-02 03:04:05", "GET /a?b=c", "a%b_c", "tab\there", "12abc",
         "2024-02-29", "Hello World", "aaa", "1e3", "99999"]
NUMBERS = {
    "i": [0, 1, -1, 7, 100, -2, 12345, 2147483647, -2147483648],
    "j": [0, 1, 2, 3, -3, 5, 10],
    "b": [0, 1, -5, 10**12, -10**15, 9223372036854775807, 1700000000],
    "s": [0, 1, -7, 300, 32767, -32768],
    "d": ["0.00", "1.00", "-0.01", "99.99", "-123.45", "0.05", "1234.50",
          "999999.99"],
    "e": ["0.000000", "0.000001", "-2.500000", "1234.567891", "0.333333",
          "999999999999.999999"],
    "f": [0.0, 1.5, -2.25, 0.1, 3.3333, 1e10, -0.5, 1e-5, 123456789.125]}
STAMPS = ["2024-02-29T12:30:45.678", "1999-12-31T23:59:59.999",
          "2026-01-01T00:00:00", "2021-03-28T02:30:00", "2024-03-31T00:00:00.001",
          "1970-01-01T00:00:00", "2023-01-31T08:00:00.5", "2030-06-15T06:07:08"]
DATES = ["2024-02-29", "1999-12-31", "2026-01-01", "2021-03-28", "2023-01-31",
         "1970-01-01", "2025-11-30"]


def table(r, n):
    """n rows, as JSON values of COLUMNS."""
    def one():
        row = {k: r.choice(v) for k, v in NUMBERS.items()}
        row.update(x=r.choice(TEXTS), y=r.choice([t for t in TEXTS
                                                  if len(t) <= 20]),
                   z=r.random() < .5, a=r.choice(STAMPS), c=r.choice(STAMPS),
                   l=r.choice(STAMPS) + "Z", dt=r.choice(DATES))
        return {k: None if r.random() < .12 else v for k, v in row.items()}
    return [one() for _ in range(n)]


def quoted(s):
    return "'" + s.replace("'", "''") + "'"


class Maker:
    def __init__(self, r):
        self.r = r

    def expression(self):
        kind = self.r.choice(list(KINDS) + ["truth", "text", "decimal", "int"])
        return self.make(kind, self.r.choice([1, 2, 2, 3, 3, 4]))

    def make(self, kind, depth):
        if depth <= 0 or self.r.random() < .12:
            return self.leaf(kind)
        forms = getattr(self, kind)
        return self.r.choice(forms)(self, depth - 1)

    def leaf(self, kind):
        if self.r.random() < .7:
            return self.r.choice(KINDS[kind])
        return self.literal(kind)

    def literal(self, kind):
        r = self.r
        if kind == "int":
            return str(r.choice([0, 1, 2, 3, 7, 10, 100, -1, -4, 1000, 3000000000]))
        if kind == "decimal":
            return r.choice(["0.5", "2.5", "-0.05", "10.00", "0.07", "7.000",
                             "100.0", "0.333"])
        if kind == "double":
            return r.choice(["0E0", "1.5E0", "2E-1", "-4.0E0", "1E3"])
        if kind == "text":
            return quoted(r.choice([t for t in TEXTS if t and "\t" not in t]))
        if kind == "truth":
            return r.choice(["TRUE", "FALSE"])
        if kind == "date":
            return "DATE " + quoted(r.choice(DATES))
        stamp = "TIMESTAMP " + quoted(r.choice(STAMPS).replace("T", " "))
        return stamp if kind == "stamp" else f"CAST({stamp} AS TIMESTAMP_LTZ(3))"

    def number(self, depth):
        return self.make(self.r.choice(["int", "int", "decimal", "decimal",
                                        "double"]), depth)

    def exact(self, depth):
        return self.make(self.r.choice(["int", "decimal"]), depth)

    def same(self, depth):
        """Two operands of one kind."""
        kind = self.r.choice(["number", "text", "stamp", "date", "truth"])
        if kind == "number":
            return self.number(depth), self.number(depth)
        return self.make(kind, depth), self.make(kind, depth)

    def small(self):
        return self.r.choice(["0", "1", "2", "3", "5", "-1", "-2", "j"])

    def unit(self):
        return self.r.choice("YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND".split())

    def interval(self):
        r = self.r
        unit = r.choice("MONTH YEAR DAY HOUR MINUTE SECOND".split())
        return f"INTERVAL '{r.choice([1, 2, 11, 30])}' {unit}"

    def many(self, kind, depth, n=3):
        return ", ".join(self.make(kind, depth) for _ in range(
            self.r.randrange(1, n + 1)))

    def conditional(self, kind, depth):
        r = self.r
        form = r.randrange(5)
        if form == 0:
            return (f"CASE WHEN {self.make('truth', depth)} THEN "
                    f"{self.make(kind, depth)} ELSE {self.make(kind, depth)} END")
        if form == 1:
            return (f"IF({self.make('truth', depth)}, {self.make(kind, depth)}, "
                    f"{self.make(kind, depth)})")
        if form == 2:
            return f"COALESCE({self.make(kind, depth)}, {self.make(kind, depth)})"
        if form == 3:
            return f"NULLIF({self.make(kind, depth)}, {self.make(kind, depth)})"
        return f"CASE {self.make('int', depth)} WHEN 1 THEN {self.make(kind, depth)} END"

    # Forms of each kind.

    truth = [
        lambda m, d: "({} {} {})".format(*(lambda p: (p[0], m.r.choice(
            ["=", "<>", "<", "<=", ">", ">="]), p[1]))(m.same(d))),
        lambda m, d: "({} {} {})".format(*(lambda p: (p[0], m.r.choice(
            ["=", "<>", "<", "<=", ">", ">="]), p[1]))(m.same(d))),
        lambda m, d: f"({m.make('truth', d)} AND {m.make('truth', d)})",
        lambda m, d: f"({m.make('truth', d)} OR {m.make('truth', d)})",
        lambda m, d: f"NOT {m.make('truth', d)}",
        lambda m, d: "({} {})".format(m.make("truth", d), m.r.choice(
            ["IS TRUE", "IS NOT TRUE", "IS FALSE", "IS UNKNOWN", "IS NULL"])),
        lambda m, d: f"({m.leaf(m.r.choice(list(KINDS)))} IS NOT NULL)",
        lambda m, d: f"({m.number(d)} BETWEEN {m.number(d)} AND {m.number(d)})",
        lambda m, d: f"({m.make('int', d)} IN (0, 1, {m.r.randrange(9)}))",
        lambda m, d: f"({m.make('text', d)} NOT IN ('a', 'abc', ''))",
        lambda m, d: "({} IS DISTINCT FROM {})".format(*m.same(d)),
        lambda m, d: "({} {} {})".format(m.make("text", d), m.r.choice(
            ["LIKE", "NOT LIKE"]), quoted(m.r.choice(
                ["a%", "%b%", "%c", "_b_", "%a%b%", "/api/%", "%", "abc",
                 "%日%", "__", "%_", "a_b%"]))),
        lambda m, d: "({} SIMILAR TO {})".format(m.make("text", d), quoted(
            m.r.choice(["a%", "(a|b)%", "[a-c]+", "_b_", "%[0-9]%"]))),
        lambda m, d: f"REGEXP({m.make('text', d)}, " + quoted(m.r.choice(
            ["^a", "b$", "[0-9]+", "a.b", "(a|A)b", "\\s", "^$", "o'?B"])) + ")",
        lambda m, d: m.conditional("truth", d),
    ]
    int = [
        lambda m, d: f"({m.make('int', d)} {m.r.choice('+-*')} {m.make('int', d)})",
        lambda m, d: f"({m.make('int', d)} / {m.r.choice(['2', '7', '-3', 'j'])})",
        lambda m, d: f"MOD({m.make('int', d)}, {m.r.choice(['2', '7', '-3', 'j'])})",
        lambda m, d: f"ABS({m.make('int', d)})",
        lambda m, d: f"-{m.r.choice(KINDS['int'][:3])}",
        lambda m, d: f"CHAR_LENGTH({m.make('text', d)})",
        lambda m, d: f"LOCATE({m.make('text', 0)}, {m.make('text', d)})",
        lambda m, d: f"POSITION({m.make('text', 0)} IN {m.make('text', d)})",
        lambda m, d: f"INSTR({m.make('text', d)}, {m.make('text', 0)})",
        lambda m, d: f"ASCII({m.make('text', d)})",
        lambda m, d: f"EXTRACT({m.unit()} FROM {m.make('stamp', d)})",
        lambda m, d: "{}({})".format(m.r.choice(
            ["YEAR", "MONTH", "DAYOFMONTH", "HOUR", "SECOND", "DAYOFWEEK",
             "DAYOFYEAR", "WEEK"]), m.make("stamp", d)),
        lambda m, d: "TIMESTAMPDIFF({}, {}, {})".format(m.r.choice(
            ["YEAR", "MONTH", "DAY", "HOUR", "SECOND"]), m.make("stamp", d),
            m.make("stamp", d)),
        lambda m, d: "CAST({} AS {})".format(m.number(d), m.r.choice(
            ["INT", "BIGINT", "SMALLINT", "TINYINT"])),
        lambda m, d: f"TRY_CAST({m.make('text', d)} AS INT)",
        lambda m, d: f"CAST({m.make('truth', d)} AS INT)",
        lambda m, d: "{}({}, {})".format(m.r.choice(["GREATEST", "LEAST"]),
                                         m.make("int", d), m.make("int", d)),
        lambda m, d: f"ROUND({m.make('int', d)}, {m.r.choice(['-1', '0', '1'])})",
        lambda m, d: m.conditional("int", d),
    ]
    decimal = [
        lambda m, d: f"({m.make('decimal', d)} {m.r.choice('+-*')} {m.exact(d)})",
        lambda m, d: f"({m.exact(d)} {m.r.choice('+-*')} {m.make('decimal', d)})",
        lambda m, d: "({} / {})".format(m.make("decimal", d), m.r.choice(
            ["2.5", "0.07", "d", "e", "7.00"])),
        lambda m, d: f"MOD({m.make('decimal', d)}, {m.r.choice(['0.7', '7.0', 'd'])})",
        lambda m, d: "{}({})".format(m.r.choice(["ABS", "FLOOR", "CEIL", "SIGN"]),
                                     m.make("decimal", d)),
        lambda m, d: "{}({}, {})".format(m.r.choice(["ROUND", "TRUNCATE"]),
                                         m.make("decimal", d),
                                         m.r.choice(["0", "1", "2", "3", "-1"])),
        lambda m, d: "CAST({} AS DECIMAL({}))".format(m.number(d), m.r.choice(
            ["10,1", "20,3", "30,10", "38,18", "5,0"])),
        lambda m, d: f"TRY_CAST({m.make('text', d)} AS DECIMAL(10,2))",
        lambda m, d: f"-{m.make('decimal', 0)}".replace("--", ""),
        lambda m, d: "{}({}, {})".format(m.r.choice(["GREATEST", "LEAST"]),
                                         m.make("decimal", d), m.exact(d)),
        lambda m, d: m.conditional("decimal", d),
    ]
    double = [
        lambda m, d: f"({m.make('double', d)} {m.r.choice('+-*/')} {m.number(d)})",
        lambda m, d: f"CAST({m.number(d)} AS DOUBLE)",
        lambda m, d: "{}({})".format(m.r.choice(["ABS", "FLOOR", "CEIL"]),
                                     m.make("double", d)),
        lambda m, d: f"ROUND({m.make('double', d)}, {m.r.choice(['0', '1', '3'])})",
        lambda m, d: f"SQRT(ABS({m.number(d)}))",
        lambda m, d: f"POWER({m.make('double', 0)}, 2)",
        lambda m, d: f"TRY_CAST({m.make('text', d)} AS DOUBLE)",
        lambda m, d: m.conditional("double", d),
    ]
    text = [
        lambda m, d: f"({m.make('text', d)} || {m.make('text', d)})",
        lambda m, d: "{}({})".format(m.r.choice(
            ["UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "REVERSE", "INITCAP"]),
            m.make("text", d)),
        lambda m, d: f"SUBSTRING({m.make('text', d)}, {m.small()}, {m.small()})",
        lambda m, d: f"SUBSTRING({m.make('text', d)}, {m.small()})",
        lambda m, d: "{}({}, {})".format(m.r.choice(["LEFT", "RIGHT", "REPEAT"]),
                                         m.make("text", d), m.small()),
        lambda m, d: "{}({}, {}, {})".format(m.r.choice(["LPAD", "RPAD"]),
                                             m.make("text", d), m.r.choice(
                                                 "258"), quoted(m.r.choice(
                                                     ["*", "ab", "x"]))),
        lambda m, d: f"REPLACE({m.make('text', d)}, {m.literal('text')}, '-')",
        lambda m, d: f"OVERLAY({m.make('text', d)} PLACING 'XY' FROM {m.small()})",
        lambda m, d: f"CONCAT({m.many('text', d)})",
        lambda m, d: f"CONCAT_WS(',', {m.many('text', d)})",
        lambda m, d: f"SPLIT_INDEX({m.make('text', d)}, ',', {m.small()})",
        lambda m, d: "TRIM({} {} FROM {})".format(m.r.choice(
            ["BOTH", "LEADING", "TRAILING"]), quoted(m.r.choice(["a", " ", "ax"])),
            m.make("text", d)),
        lambda m, d: f"CAST({m.exact(d)} AS STRING)",
        lambda m, d: f"CAST({m.make('double', d)} AS STRING)",
        lambda m, d: "CAST({} AS STRING)".format(m.make(m.r.choice(
            ["stamp", "date", "truth", "ltz"]), d)),
        lambda m, d: f"CAST({m.make('text', d)} AS VARCHAR({m.r.randrange(1, 5)}))",
        lambda m, d: f"REGEXP_EXTRACT({m.make('text', d)}, " + m.r.choice(
            ["'([a-z]+)', 1", "'[0-9]+'", "'(a)(b)?', 2", "'^/([^/]+)/', 1"]) + ")",
        lambda m, d: f"REGEXP_REPLACE({m.make('text', d)}, " + quoted(
            m.r.choice(["[0-9]+", "a", "[aeiou]", "\\s+"])) + ", '#')",
        lambda m, d: "DATE_FORMAT({}, {})".format(m.make("stamp", d), quoted(
            m.r.choice(["yyyy-MM-dd", "HH:mm:ss.SSS", "yyyyMMddHH", "d MMM yy",
                        "EEE", "hh:mm a"]))),
        lambda m, d: m.conditional("text", d),
    ]
    stamp = [
        lambda m, d: f"({m.make('stamp', d)} {m.r.choice('+-')} {m.interval()})",
        lambda m, d: f"TIMESTAMPADD({m.unit()}, {m.small()}, {m.make('stamp', d)})",
        lambda m, d: f"{m.r.choice(['FLOOR', 'CEIL'])}({m.make('stamp', d)} TO {m.unit()})",
        lambda m, d: f"CAST({m.make('date', d)} AS TIMESTAMP(3))",
        lambda m, d: f"TO_TIMESTAMP({m.make('text', d)})",
        lambda m, d: "TO_TIMESTAMP('02/Jan/2026:10:00:00', 'dd/MMM/yyyy:HH:mm:ss')",
        lambda m, d: f"TRY_CAST({m.make('text', d)} AS TIMESTAMP(3))",
        lambda m, d: m.conditional("stamp", d),
    ]
    ltz = [
        lambda m, d: f"({m.make('ltz', d)} {m.r.choice('+-')} {m.interval()})",
        lambda m, d: f"TO_TIMESTAMP_LTZ({m.make('int', 0)}, {m.r.choice('03')})",
        lambda m, d: f"CAST({m.make('stamp', d)} AS TIMESTAMP_LTZ(3))",
        lambda m, d: m.conditional("ltz", d),
    ]
    date = [
        lambda m, d: f"({m.make('date', d)} {m.r.choice('+-')} {m.interval()})",
        lambda m, d: f"{m.r.choice(['FLOOR', 'CEIL'])}({m.make('date', d)} TO MONTH)",
        lambda m, d: f"CAST({m.make('stamp', d)} AS DATE)",
        lambda m, d: f"TO_DATE({m.make('text', d)})",
        lambda m, d: m.conditional("date", d),
    ]
