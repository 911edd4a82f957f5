"""times - days, clocks and zones as Flink counts them.

A day is a number since 1970, a time of the day milliseconds, a timestamp
nanoseconds since 1970 (of the clock, or of UTC).

SPDX-License-Identifier: ISC
"""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones


DAY_MS, MS = 86400000, 1000000
DAY_NS = DAY_MS * MS
MONTHS = ("January February March April May June July August September "
          "October November December").split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


ZONES = available_timezones()


class Unreadable(Exception):
    """A text is no time."""


# --- the calendar ------------------------------------------------------------

def days_of(y, m, d):
    y -= m <= 2
    era = y // 400
    doe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    return era * 146097 + doe * 365 + doe // 4 - doe // 100 + doy - 719468


def civil(days):
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    m = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (m <= 2), m, doy - (153 * mp + 2) // 5 + 1


def month_days(y, m):
    return days_of(y + m // 12, m % 12 + 1, 1) - days_of(y, m, 1)


def add_months(days, n):
    y, m, d = civil(days)
    n += y * 12 + m - 1
    y, m = n // 12, n % 12 + 1
    return days_of(y, m, min(d, month_days(y, m)))


def months_between(d0, d1):
    """Whole months from day d1 to day d0; an end of month counts as whole."""
    if d0 < d1:
        return -months_between(d1, d0)
    m = (d0 - d1) // 31
    while add_months(d1, m) < d0 and add_months(d1, m + 1) <= d0:
        m += 1
    return m


def months_of_times(t0, t1):
    """As months_between, of two timestamps in nanoseconds."""
    d0, d1 = t0 // DAY_NS, t1 // DAY_NS
    n = months_between(d0, d1)
    if add_months(d1, n) == d0 and t0 % DAY_NS // MS < t1 % DAY_NS // MS:
        n -= 1
    return n


def truncated(a, b):
    """a / b towards zero."""
    return abs(a) // b * (1 if a >= 0 else -1)


def iso_week(days):
    """(year, week) by ISO 8601."""
    thursday = days - (days + 3) % 7 + 3
    y = civil(thursday)[0]
    return y, (thursday - days_of(y, 1, 1)) // 7 + 1


# --- zones -------------------------------------------------------------------

def offset_ms(ms, zone, local=False, fold=0):
    """What the clock of zone is ahead of UTC, at an instant or a local time."""
    fixed = re.fullmatch(r"GMT([+-])(\d\d):(\d\d)", zone)
    if fixed:
        minutes = int(fixed[2]) * 60 + int(fixed[3])
        return minutes * (60000 if fixed[1] == "+" else -60000)
    if zone == "UTC" or zone not in ZONES:
        return 0
    try:
        if local:
            at = (datetime(1970, 1, 1) + timedelta(milliseconds=ms)).replace(
                tzinfo=ZoneInfo(zone), fold=fold)
        else:
            at = (datetime(1970, 1, 1, tzinfo=timezone.utc)
                  + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone))
        return int(at.utcoffset().total_seconds() * 1000)
    except OverflowError:
        return 0


def to_local(ns, zone):
    return ns + offset_ms(ns // MS, zone) * MS


def to_instant(ns, zone):
    return ns - offset_ms(ns // MS, zone, local=True) * MS


# --- texts -------------------------------------------------------------------

def clock(ms):
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}"


def date_text(days):
    y, m, d = civil(days)
    return f"{'-' if y < 0 else ''}{abs(y):04d}-{m:02d}-{d:02d}"


def text(v, kind, p, zone):
    """As CAST(... AS STRING) writes it."""
    if kind == "DATE":
        return date_text(v)
    if kind == "TIME":
        return clock(v) + (f".{v % 1000:03d}".rstrip("0") if v % 1000 else "")
    if kind == "LTZ":
        v = to_local(v, zone)
    fraction = f"{v % (1000 * MS):09d}"[:p]
    return (date_text(v // DAY_NS) + " " + clock(v % DAY_NS // MS)
            + ("." + fraction if p else ""))


def cut(ns, p):
    """To p digits: towards zero in milliseconds, as Flink does it."""
    if p >= 9:
        return ns
    ms, rest = divmod(ns, MS)
    if p <= 3:
        step = 10 ** (3 - p)
        return truncated(ms, step) * step * MS
    step = 10 ** (9 - p)
    return ms * MS + rest // step * step


def convert(v, a, b, p, zone):
    """A DATE, TIME, TIMESTAMP or LTZ as another of them."""
    if a == "DATE":
        v *= DAY_NS
    elif a == "TIME":
        v *= MS if b != "TIME" else 1
    if a == b:
        return cut(v, p) if b in ("TIMESTAMP", "LTZ") else (
            v // DAY_NS if a == "DATE" else v)
    if b == "TIME":
        if a == "LTZ":
            return to_local(v, zone) // MS % DAY_MS
        ms = v // MS
        if ms < 0 and ms % DAY_MS:
            raise Unreadable("before 1970")
        return ms % DAY_MS
    if b == "DATE":
        if a == "LTZ":
            return to_local(v, zone) // DAY_NS
        return truncated(v // MS, DAY_MS)
    if a == "LTZ":
        return cut(to_local(v, zone), p)
    if b == "LTZ":
        return cut(to_instant(v, zone), p)
    return cut(v, p)


def read_date(s):
    # Flink cuts at the first blank, unless the text begins with it.
    date = s.split(" ")[0] or s
    m = re.fullmatch(r"0*(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", date.strip(), re.A)
    if not m:
        raise Unreadable(s)
    y, month, d = int(m[1]), int(m[2] or 1), int(m[3] or 1)
    if not 1 <= month <= 12 or not 1 <= d <= month_days(y, month):
        raise Unreadable(s)
    return days_of(y, month, d)


def read_time(s):
    m = re.fullmatch(r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?",
                     s.strip(), re.A)
    if not m:
        raise Unreadable(s)
    ms = (int(m[1]) * 3600000 + int(m[2] or 0) * 60000 + int(m[3] or 0) * 1000
          + int((m[4] or "0").ljust(3, "0")[:3]))
    if ms >= DAY_MS:
        raise Unreadable(s)
    return ms


def read_stamp(s, p):
    """A day beyond the month's end is its end; 24:00:00 the next day."""
    m = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})"
                     r"(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?)?",
                     s, re.A)
    if not m or not int(m[1]) or not 1 <= int(m[2]) <= 12 or (
            not 1 <= int(m[3]) <= 31):
        raise Unreadable(s)
    y, month = int(m[1]), int(m[2])
    days = days_of(y, month, min(int(m[3]), month_days(y, month)))
    h, minute, sec = int(m[4] or 0), int(m[5] or 0), int(m[6] or 0)
    fraction = int((m[7] or "").ljust(9, "0"))
    if h > 24 or minute > 59 or sec > 59 or (
            h == 24 and (minute or sec or fraction)):
        raise Unreadable(s)
    ns = (days * 86400 + h * 3600 + minute * 60 + sec) * 10 ** 9
    return ns + fraction // 10 ** (9 - p) * 10 ** (9 - p)


def read(s, kind, p, zone):
    if kind == "DATE":
        return read_date(s)
    if kind == "TIME":
        return read_time(s)
    ns = read_stamp(s, p)
    return ns if kind == "TIMESTAMP" else to_instant(ns, zone)


# --- parts -------------------------------------------------------------------

def extract(unit, v, kind, zone):
    """Parts of a timestamp are counted towards zero."""
    if kind == "LTZ":
        v = to_local(v, zone)
    if kind in ("TIMESTAMP", "LTZ"):
        ms, nano = v // MS, v % MS
    elif kind == "MONTHS":
        return {"YEAR": truncated(v, 12), "MONTH": v - truncated(v, 12) * 12}[unit]
    else:
        ms, nano = v, 0
    if unit in ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND",
                "NANOSECOND"):
        return clock_part(unit, ms, nano)
    days = v if kind == "DATE" else truncated(ms, DAY_MS)
    if unit == "EPOCH":
        return days * 86400 if kind == "DATE" else truncated(ms, 1000)
    if kind == "MILLIS":
        return days
    return day_part(unit, days)


def clock_part(unit, ms, nano):
    def rest(of):
        return ms - truncated(ms, of) * of
    if unit == "HOUR":
        return truncated(rest(DAY_MS), 3600000)
    if unit == "MINUTE":
        return truncated(rest(3600000), 60000)
    if unit == "SECOND":
        return truncated(rest(60000), 1000)
    if unit == "MILLISECOND":
        return rest(1000)
    if unit == "MICROSECOND":
        return rest(1000) * 1000 + nano // 1000
    return rest(1000) * MS + nano


def day_part(unit, days):
    y, m, d = civil(days)
    return {"YEAR": lambda: y, "QUARTER": lambda: (m + 2) // 3,
            "MONTH": lambda: m, "DAY": lambda: d,
            "DOY": lambda: days - days_of(y, 1, 1) + 1,
            "DOW": lambda: (days + 4) % 7 + 1,
            "ISODOW": lambda: (days + 3) % 7 + 1,
            "WEEK": lambda: iso_week(days)[1],
            "ISOYEAR": lambda: iso_week(days)[0],
            "DECADE": lambda: y // 10, "CENTURY": lambda: (y + 99) // 100,
            "MILLENNIUM": lambda: (y + 999) // 1000}[unit]()


STEPS = {"HOUR": 3600000, "MINUTE": 60000, "SECOND": 1000, "MILLISECOND": 1,
         "DAY": DAY_MS}


def floor_day(unit, days):
    y, m, _ = civil(days)
    if unit == "WEEK":
        return days - (days + 4) % 7
    if unit == "MONTH":
        return days_of(y, m, 1)
    if unit == "QUARTER":
        return days_of(y, (m - 1) // 3 * 3 + 1, 1)
    first = {"YEAR": y, "DECADE": y // 10 * 10,
             "CENTURY": (y - 1) // 100 * 100 + 1,
             "MILLENNIUM": (y - 1) // 1000 * 1000 + 1}[unit]
    return days_of(first, 1, 1)


def next_day(unit, days):
    """The next such first day, of one."""
    if unit == "WEEK":
        return days + 7
    return add_months(days, {"MONTH": 1, "QUARTER": 3, "YEAR": 12,
                             "DECADE": 120, "CENTURY": 1200,
                             "MILLENNIUM": 12000}[unit])


def round_day(unit, days, up):
    """A day that is a first one stays, but of ten years or more."""
    low = floor_day(unit, days)
    # The next quarter begins a day after a year began, in any quarter.
    stays = civil(days)[1:] == (1, 1) if unit == "QUARTER" else days == low
    if not up or stays and unit in ("WEEK", "MONTH", "QUARTER", "YEAR"):
        return low
    return next_day(unit, low)


def round_to(unit, v, kind, up, zone):
    if kind == "DATE":
        if unit == "DAY":
            return v + up
        if unit in STEPS:
            return v
        return round_day(unit, v, up)
    if kind == "TIME":
        step = STEPS[unit]
        return -(-v // step) * step if up else v // step * step
    ms = v // MS
    shift = offset_ms(ms, zone) if kind == "LTZ" and unit != "HOUR" else 0
    ms += shift
    if unit in STEPS:
        step = STEPS[unit]
        out = -(-ms // step) * step if up else ms // step * step
    else:
        # Of the day alone, which is counted towards 1970.
        out = round_day(unit, truncated(ms, DAY_MS), up) * DAY_MS
    return (out - shift) * MS


def plus(v, kind, n, interval):
    """v and an interval of n months or milliseconds."""
    if interval == "MONTHS":
        if kind == "DATE":
            return add_months(v, n)
        return add_months(v // DAY_NS, n) * DAY_NS + v % DAY_NS
    if kind == "DATE":
        return v + truncated(n, DAY_MS)
    if kind == "TIME":
        return (v + n) % DAY_MS
    return v + n * MS


# --- patterns ----------------------------------------------------------------

def pattern(form):
    """[("text", s) | (letter, count)] of a pattern of java.time."""
    out = []
    for m in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", form, re.S):
        if m[1] is not None:
            out.append(("text", m[1].replace("''", "'") or "'"))
        elif m[2]:
            out.append((m[2], len(m[0])))
        elif m[3] in "#{}'":
            raise Unreadable(form)
        elif m[3] not in "[]":
            out.append(("text", m[3]))
    return out


def format_stamp(ns, form):
    days, ms = ns // DAY_NS, ns % DAY_NS // MS
    y, m, d = civil(days)
    h = ms // 3600000
    numbers = {"d": d, "H": h, "h": (h + 11) % 12 + 1, "k": (h + 23) % 24 + 1,
               "K": h % 12, "m": ms // 60000 % 60, "s": ms // 1000 % 60,
               "D": days - days_of(y, 1, 1) + 1}
    out = ""
    for letter, n in pattern(form):
        if letter == "text":
            out += n
        elif letter in "yu":
            out += f"{y % 100:02d}" if n == 2 else f"{y:0{n}d}"
        elif letter in "ML" and n > 2:
            out += MONTHS[m - 1] if n == 4 else MONTHS[m - 1][:3]
        elif letter in "ML":
            out += f"{m:0{n}d}"
        elif letter == "E":
            name = WEEKDAYS[(days + 3) % 7]
            out += name if n == 4 else name[:3]
        elif letter == "S":
            out += f"{ns % 10 ** 9:09d}".ljust(n, "0")[:n]
        elif letter == "a":
            out += "AM" if h < 12 else "PM"
        elif letter == "Q":
            out += f"{(m + 2) // 3:0{n}d}" if n < 3 else f"Q{(m + 2) // 3}"
        elif letter in numbers:
            out += f"{numbers[letter]:0{n}d}"
        else:
            raise NotImplementedError(f"pattern letter {letter}")
    return out


def parse_stamp(s, form):
    """TO_TIMESTAMP(s, form): java.time's reading, then that of JDBC."""
    try:
        return parse_pattern(s, form)
    except Unreadable:
        return parse_jdbc(s.strip())


def part_of(letter, n, adjacent):
    """What a letter of a pattern reads."""
    if letter in "yu":
        return r"\d{2}" if n == 2 else (
            r"\d{4}" if n == 4 or adjacent else rf"\d{{{n},10}}")
    if letter in "ML" and n > 2:
        return "|".join(MONTHS if n == 4 else [m[:3] for m in MONTHS])
    if letter == "E":
        return "|".join(WEEKDAYS if n == 4 else [w[:3] for w in WEEKDAYS])
    if letter == "a":
        return "AM|PM"
    if letter == "S":
        return rf"\d{{{n}}}"
    if letter in "MLdHhkKmsD":
        return rf"\d{{{n}}}" if n > 1 else r"\d{1,2}"
    raise NotImplementedError(f"pattern letter {letter}")


def parse_pattern(s, form):
    parts, regex, letters = pattern(form), "", []
    for i, (letter, n) in enumerate(parts):
        if letter == "text":
            regex += re.escape(n)
            continue
        following = i + 1 < len(parts) and parts[i + 1][0] != "text"
        regex += "(" + part_of(letter, n, following) + ")"
        letters.append((letter, n))
    m = re.fullmatch(regex, s, re.A)
    if not m:
        raise Unreadable(s)
    got = {}
    for (letter, n), value in zip(letters, m.groups()):
        if letter in "ML" and n > 2:
            got["M"] = [x[:3] for x in MONTHS].index(value[:3]) + 1
        elif letter in "yu":
            got["y"] = int(value) + (2000 if n == 2 else 0)
        elif letter == "S":
            got["S"] = int(value.ljust(9, "0")[:9])
        elif letter not in "Ea":
            got["M" if letter == "L" else letter] = int(value)
        else:
            got[letter] = value
    return stamp_of(got, s)


def stamp_of(got, s):
    y, m = got.get("y", 1970), got.get("M", 1)
    h = got.get("H", 0)
    if "h" in got:
        h = got["h"] % 12 + (12 if got.get("a") == "PM" else 0)
    d, minute, sec = got.get("d", 1), got.get("m", 0), got.get("s", 0)
    if not 1 <= m <= 12 or not 1 <= d <= 31 or minute > 59 or sec > 59 or (
            h > 24 or h == 24 and (minute or sec)):
        raise Unreadable(s)
    days = days_of(y, m, min(d, month_days(y, m)))
    if "D" in got:
        days = days_of(y, 1, 1) + got["D"] - 1
    if "E" in got and WEEKDAYS[(days + 3) % 7][:3] != got["E"][:3]:
        raise Unreadable(s)
    return ((days * 86400 + h * 3600 + minute * 60 + sec) * 10 ** 9
            + got.get("S", 0))


def parse_jdbc(s):
    """YYYY-M-D, or with a time, whose fields may run over."""
    m = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})"
                     r"(?: (\d+):(\d+):(\d+)(?:\.(\d{1,9}))?)?", s, re.A)
    if not m or not 1 <= int(m[2]) <= 12 or not 1 <= int(m[3]) <= 31:
        raise Unreadable(s)
    seconds = int(m[4] or 0) * 3600 + int(m[5] or 0) * 60 + int(m[6] or 0)
    days = days_of(int(m[1]), int(m[2]), 1) + int(m[3]) - 1
    return ((days * 86400 + seconds) * 10 ** 9
            + int((m[7] or "").ljust(9, "0")))


def parse_lenient(s, form):
    """SimpleDateFormat: the text may go on, and fields may run over."""
    at, got = 0, {}
    parts = pattern(form)
    for i, (letter, n) in enumerate(parts):
        if letter == "text":
            if not s.startswith(n, at):
                raise Unreadable(s)
            at += len(n)
            continue
        if letter not in "yMdHmsS":
            raise NotImplementedError(f"pattern letter {letter}")
        while at < len(s) and s[at] in " \t":
            at += 1
        if letter == "M" and n > 2:
            names = [x[:3].lower() for x in MONTHS]
            if s[at:at + 3].lower() not in names:
                raise Unreadable(s)
            got[letter] = names.index(s[at:at + 3].lower()) + 1
            at += 3
            continue
        adjacent = i + 1 < len(parts) and parts[i + 1][0] != "text"
        m = re.compile(rf"-?\d{{1,{n}}}" if adjacent else r"-?\d+", re.A).match(
            s, at)
        if not m:
            raise Unreadable(s)
        got[letter] = int(m[0])
        at = m.end()
    months = got.get("y", 1970) * 12 + got.get("M", 1) - 1
    days = days_of(months // 12, months % 12 + 1, 1) + got.get("d", 1) - 1
    return (days * DAY_MS + got.get("H", 0) * 3600000 + got.get("m", 0) * 60000
            + got.get("s", 0) * 1000 + got.get("S", 0))


def lenient_instant(ms, zone):
    """An hour that comes twice is the later one."""
    return ms - offset_ms(ms, zone, local=True, fold=1 if offset_ms(
        ms, zone, True, 1) < offset_ms(ms, zone, True, 0) else 0)
