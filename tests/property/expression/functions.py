"""functions - what Flink's functions give, of values that are not null.

Texts are counted in characters, where UNITS says so in UTF-16 units.

SPDX-License-Identifier: ISC
"""

import ipaddress
import json
import math
import re
from decimal import Decimal

from .syntax import Refused
from .types import EXACT, Failed


# --- UTF-16 ------------------------------------------------------------------

def units(s):
    return s.encode("utf-16-le", "surrogatepass")


def of_units(b):
    return b.decode("utf-16-le", "surrogatepass")


# --- texts -------------------------------------------------------------------

def substring(s, start, n=None):
    if n is not None and n < 0:
        return None
    size = len(s)
    if start > size:
        return ""
    begin = start - 1 if start > 0 else size + start if start < 0 else 0
    end = size if n is None else min(begin + n, size)
    return s[begin:end] if begin >= 0 and begin < end else ""


def trim(side, what, s):
    if not what:
        return s
    if side in ("BOTH", "LEADING"):
        s = s.lstrip(what)
    return s.rstrip(what) if side in ("BOTH", "TRAILING") else s


def locate(what, s, start=1):
    if not what:
        return 1
    return s.find(what, max(start - 1, 0)) + 1


def instr(s, what, start=1, nth=1):
    if not what:
        return 1
    if start == 0:
        return 0
    if start > 0:
        at = start - 2
        for _ in range(nth):
            at = s.find(what, at + 1)
            if at < 0:
                return 0
        return at + 1
    at = len(s) + start + 1
    for _ in range(nth):
        at = s.rfind(what, 0, at - 1 + len(what))
        if at < 0:
            return 0
    return at + 1


def replace(s, what, by):
    if what:
        return s.replace(what, by)
    b = units(s)
    parts = [b[i:i + 2] for i in range(0, len(b), 2)]
    mark = units(by)
    return of_units(mark + b"".join(p + mark for p in parts))


def overlay(s, by, start, n=None):
    b, put = units(s), units(by)
    n = len(put) // 2 if n is None else n
    size = len(b) // 2
    if start <= 0 or start > size:
        return s
    end = start - 1 + n
    rest = b[2 * end:] if n > 0 and end <= size else b""
    return of_units(b[:2 * (start - 1)] + put + rest)


def pad(s, n, by, left):
    b, p = units(s), units(by)
    if n < 0 or not by:
        return None
    if len(b) >= 2 * n:
        return of_units(b[:2 * n])
    fill = 2 * n - len(b)
    fill = (p * (fill // len(p) + 1))[:fill]
    return of_units(fill + b if left else b + fill)


def initcap(s):
    out, first = "", True
    for c in s:
        letter = c.isascii() and c.isalnum()
        if letter:
            out += c.upper() if first else c.lower()
        else:
            out += c
        first = not letter
    return out


def ascii_of(s):
    b = s.encode("utf-8", "replace")[:1]
    return int.from_bytes(b, "big", signed=True)


def chr_of(n):
    return "" if n < 0 else chr(n & 0xFF)


def split_index(s, by, n):
    if isinstance(by, int):
        by = chr(by)
    if n < 0 or s == "":
        return None
    parts = s.split(by) if by else s.split()
    if not by and s[:1].isspace():
        parts = [""] + parts
    return parts[n] if n < len(parts) else None


def concat_ws(by, *texts):
    return None if by is None else by.join(t for t in texts if t is not None)


# --- LIKE, SIMILAR TO, regular expressions -----------------------------------

ONE = "[^\n\r\x85\u2028\u2029]"


def like(pattern, escape=None):
    """The regular expression of a LIKE pattern."""
    if escape is not None and len(escape) != 1:
        raise Refused("ESCAPE")
    out, at = "", 0
    while at < len(pattern):
        c = pattern[at]
        if c == escape:
            at += 1
            if at == len(pattern) or pattern[at] not in ("%", "_", escape):
                raise Refused("ESCAPE")
            out += re.escape(pattern[at])
        else:
            out += {"%": "(?s:.*)", "_": ONE}.get(c) or re.escape(c)
        at += 1
    return re.compile(out)


CLASSES = {"ALPHA": "A-Za-z", "DIGIT": "0-9", "ALNUM": "A-Za-z0-9",
           "UPPER": "A-Z", "LOWER": "a-z", "SPACE": " ",
           "WHITESPACE": r"\s"}


def similar(pattern, escape=None):
    """SQL's own: % and _, all else as in a regular expression."""
    if "\\" in pattern and escape != "\\":
        raise NotImplementedError(pattern)
    out, at, inside = "", 0, False
    while at < len(pattern):
        c, klass = pattern[at], re.compile(r"\[:(\w+):\]").match(pattern, at)
        if c == escape:
            at += 1
            out += re.escape(pattern[at])
        elif inside and klass:
            out += CLASSES[klass[1].upper()]
            at = klass.end() - 1
        elif inside:
            inside = c != "]"
            out += "\\" + c if c == "[" else c
        else:
            inside = c == "["
            out += {"%": "(?s:.*)", "_": ONE}.get(c, c)
        at += 1
    try:
        return re.compile(out)
    except re.error as e:
        raise Failed(str(e))


JAVA = ((r"\p{Alpha}", "[A-Za-z]"), (r"\p{Upper}", "[A-Z]"),
        (r"\p{L}", r"[^\W\d_]"), (r"\h", r"[ \t]"), (r"\z", r"\Z"))


def java_regex(pattern):
    """Python's reading of a pattern, where that is Java's; None: it is none."""
    if re.search(r"\\[QpPkuxX]|&&|\[\[|\(\?[imsu]*[imsu]|\{,|\{$", pattern):
        if not any(p in pattern for p, _ in JAVA):
            raise NotImplementedError(pattern)
    for p, by in JAVA:
        pattern = pattern.replace(p, by)
    if re.search(r"\\p", pattern):
        raise NotImplementedError(pattern)
    pattern = re.sub(r"\(\?<(?=\w)", "(?P<", pattern)
    pattern = re.sub(r"\\k<(\w+)>", r"(?P=\1)", pattern)
    try:
        return re.compile(pattern, re.A)
    except re.error:
        return None


def regexp(s, pattern):
    if not pattern:
        return False
    if "\r" in s:
        raise NotImplementedError("Java's ends of lines")
    r = java_regex(pattern)
    return bool(r and r.search(s))


def regexp_extract(s, pattern, group=0):
    r = java_regex(pattern)
    m = r.search(s) if r and 0 <= group <= r.groups else None
    return m[group] if m else None


def regexp_replace(s, pattern, by):
    r = java_regex(pattern)
    if r is None:
        return None
    if r.match(""):
        raise NotImplementedError("empty matches")
    return r.sub(lambda m: by, s)


# --- numbers -----------------------------------------------------------------

def log(x):
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


def guarded(f):
    def call(*args):
        try:
            return f(*args)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan
    return call


def power(x, y):
    if x == 0 and y < 0:
        return math.inf
    if x < 0 and math.isfinite(x) and y != math.floor(y):
        return math.nan
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and y % 2 else math.inf


def fixed(x, n, down):
    """A number to n decimals, half away from zero or cut."""
    step = Decimal(1).scaleb(-n, EXACT)
    return Decimal(x).quantize(
        step, "ROUND_DOWN" if down else "ROUND_HALF_UP", EXACT)


# --- JSON --------------------------------------------------------------------

class Missing(Exception):
    """A path leads nowhere, or the text is no JSON."""


class Empty(Missing):
    """The same in lax mode, where it is no error."""


STEP = re.compile(r"""\.([^.\[\]()*'" ]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")


def json_of(s):
    """The first value of a text; what is behind it does not count."""
    s = s.lstrip(" \t\r\n")
    try:
        value, end = json.JSONDecoder(parse_constant=no_constant).raw_decode(s)
    except ValueError as e:
        raise Missing(str(e))
    if s[end - 1].isalnum() and s[end:end + 1].isalnum():
        raise Missing(s)
    return value


def no_constant(word):
    raise ValueError(word)


def json_at(s, path, scalar=False):
    m = re.fullmatch(r"\s*(?:(?i:(lax)|strict)\s+)?(\$)?(.*)", path, re.S)
    lost = Empty if m[1] else Missing
    try:
        value, at = json_of(s), 0
    except Missing:
        raise lost(s)
    steps = m[3] if m[2] else "." + m[3]
    if value is None or (m[3] == "" and not m[2]):
        raise Missing(path)
    while at < len(steps):
        m = STEP.match(steps, at)
        if not m:
            raise NotImplementedError(path)
        at = m.end()
        try:
            value = at_index(value, int(m[2])) if m[2] else at_key(value, m)
        except (KeyError, IndexError, Missing):
            raise lost(path)
    if value is None or (scalar and isinstance(value, (dict, list))):
        raise lost(path)
    return value


def at_index(value, n):
    if not isinstance(value, list):
        raise Missing(n)
    return value[n]


def at_key(value, m):
    if not isinstance(value, dict):
        raise Missing(m[0])
    return value[next(g for g in (m[1], m[3], m[4]) if g is not None)]


# --- URLs --------------------------------------------------------------------

PORTS = ("http", "https", "ftp", "file", "mailto", "jar")


def server_of(authority):
    """User and host; None: Java takes it for no URL."""
    if authority.count("@") > 1:
        return None, ""
    user, _, server = authority.rpartition("@") if "@" in authority else (None, "", authority)
    host, _, port = server.partition(":")
    if server.startswith("["):
        m = re.fullmatch(r"(\[([^\]]*)\])(?::(.*))?", server, re.S)
        try:
            ipaddress.IPv6Address(m[2].split("%")[0] if m else "")
        except ValueError:
            return None
        host, port = m[1], m[3] or ""
    if any(c < " " or c == "\x7f" for c in server) or not re.fullmatch(
            r"(\+(?=\d))?\d*", port, re.A) or int(port or 0) >= 1 << 31:
        return None
    return user, host


def parse_url(s, part, key=None):
    if key is not None and part != "QUERY":
        return None
    m = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*):([^#]*)(?:#(.*))?", s.strip(" "),
                     re.S)
    if not m or m[1].lower() not in PORTS:
        return None
    rest, ref = m[2], m[3]
    rest, _, query = rest.partition("?")
    query = query if "?" in m[2] else None
    authority, path, user, host = None, rest, None, ""
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        server = server_of(authority)
        if server is None:
            return None
        user, host = server
    if m[1].lower() == "mailto":
        authority, user, host = None, None, ""
    if key is not None:
        found = re.search("(?:&|^)" + re.escape(key) + "=([^&]*)", query or "")
        return found[1] if found else None
    return {"HOST": host, "PATH": path, "QUERY": query, "REF": ref,
            "PROTOCOL": m[1].lower(), "AUTHORITY": authority, "USERINFO": user,
            "FILE": path + ("?" + query if query is not None else "")}.get(part)
