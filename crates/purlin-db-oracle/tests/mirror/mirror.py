"""An Oracle server for tests: seerdb's Mirror speaks the protocol, SQLite keeps the rows.

What runs here is neither Oracle's SQL nor its optimiser: statements are rewritten as far as the tests need it. The
protocol is that of the Mirror, written by others from captures of real servers.
"""

import argparse
import collections.abc
import datetime
import os
import re
import sqlite3
import ssl
import threading
import time
from decimal import Decimal
from functools import partial

from seerdb.common import tns
from seerdb.common.crypto import VFR_12C_SHA2
from seerdb.common.datatypes import IntervalYM
from seerdb.common.tns import ColumnMeta
from seerdb.server import session as mirror_session
from seerdb.server.auth import make_challenge
from seerdb.server.backend import BackendError, BindVar, Capability, Result, SessionInfo
from seerdb.server.service import Server

CHAR, VARCHAR, NUMBER, RAW = 96, 1, 2, 23
CLOB, BLOB = 112, 113
TIMESTAMP, TIMESTAMP_TZ, DATE, INTERVAL_DS = 180, 181, 12, 183
BINARY_FLOAT, BINARY_DOUBLE = 100, 101

# Values of types that SQLite has no word for, by name: `SELECT value FROM a_rowid`.
UTC = datetime.timezone.utc
ODD = {
    "a_rowid": (11, 18, "AABAomAAMAAAACLAEr"),
    "a_urowid": (208, 4000, "AABAomAAMAAAACLAEr"),
    "a_boolean": (252, 4, True),
    "a_char": (CHAR, 6, "ab    "),
    "a_long": (8, 0, "long text"),
    "a_long_raw": (24, 0, b"\x00\xff"),
    "a_local_moment": (231, 11, datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, UTC)),
    "an_interval": (182, 5, IntervalYM(1, 2)),
    "a_past_interval": (182, 5, IntervalYM(-1, -2)),
    "a_json": (119, 8200, {"b": [1, 2.5, None, True], "a": "ü"}),
    "a_vector": (127, 8200, [1.5, -2.0]),
    "a_number": (NUMBER, 22, Decimal("-1E-129")),
}

# Oracle's types in one word each that gives SQLite's column the right affinity and names its converter.
TYPES = [
    (r"TIMESTAMP(\s*\(\d+\))?\s+WITH\s+(LOCAL\s+)?TIME\s+ZONE", "MOMENTTEXT"),
    (r"TIMESTAMP(\s*\(\d+\))?", "STAMPTEXT"),
    (r"INTERVAL\s+DAY(\s*\(\d+\))?\s+TO\s+SECOND(\s*\(\d+\))?", "SPANINT"),
    (r"DATE", "DATETEXT"),
    (r"NUMBER\s*\(\s*\d+\s*,\s*[1-9]\d*\s*\)", "DECIMALTEXT"),
    (r"NUMBER\s*\(\s*(2\d|3\d)\s*(,\s*0\s*)?\)", "WHOLETEXT"),
    (r"NUMBER(\s*\(\s*\d+\s*(,\s*0\s*)?\))?", "INTEGER"),
    (r"BINARY_FLOAT", "SINGLEREAL"),
    (r"BINARY_DOUBLE", "REAL"),
    (r"N?VARCHAR2\s*\(\s*(\d+)[^)]*\)", "TEXT"),
    (r"RAW\s*\(\s*\d+\s*\)", "BLOB"),
    (r"CLOB", "LONGTEXT"),
    (r"BLOB", "LONGBLOB"),
]
TYPES = [(re.compile(r"\b" + old + r"(?![\w(])", re.I), new) for old, new in TYPES]

QUOTED = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/)", re.S)
COUNTED = re.compile(r"SELECT LEVEL AS n FROM dual CONNECT BY LEVEL <= (\d+)", re.I)
WORD = re.compile(r"[A-Za-z]+")
DDL = {"CREATE", "DROP", "ALTER", "TRUNCATE", "GRANT", "REVOKE", "COMMENT"}
DML = {"INSERT", "UPDATE", "DELETE", "MERGE"}


class Numbers(collections.abc.Sequence):
    """The rows of as many numbers as are asked for, made when they are looked at."""

    def __init__(self, numbers):
        self.numbers = numbers

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, at):
        found = self.numbers[at]
        return Numbers(found) if isinstance(at, slice) else (found,)


class Single(float):
    """Of a BINARY_FLOAT column."""


class Long(str):
    """Of a CLOB column."""


class LongBytes(bytes):
    """Of a BLOB column."""


class Whole(Decimal):
    """Of a NUMBER column without digits behind the point."""


class Day(datetime.datetime):
    """Of a DATE column."""


class Moment(datetime.datetime):
    """Of a column with a time zone."""


def moment(kind, raw):
    found = kind.fromisoformat(raw.decode())
    # The sessions' zone is UTC.
    return found.replace(tzinfo=datetime.timezone.utc) if kind is Moment else found


def converters():
    add = sqlite3.register_converter
    add("MOMENTTEXT", partial(moment, Moment))
    add("STAMPTEXT", partial(moment, datetime.datetime))
    add("DATETEXT", partial(moment, Day))
    add("SPANINT", lambda raw: datetime.timedelta(microseconds=int(raw)))
    add("DECIMALTEXT", lambda raw: Decimal(raw.decode()))
    add("WHOLETEXT", lambda raw: Whole(raw.decode()))
    add("SINGLEREAL", lambda raw: Single(raw))
    add("LONGTEXT", lambda raw: Long(raw.decode()))
    add("LONGBLOB", LongBytes)


def column(name, values):
    """What the server says of a column: SQLite does not tell, so its first value decides."""
    value = next((value for value in values if value is not None), None)
    make = partial(ColumnMeta, name.encode())
    if isinstance(value, (bool, int)):
        return make(NUMBER, 22, 22)
    if isinstance(value, Decimal):
        return make(NUMBER, 22, 22, precision=38, scale=0 if isinstance(value, Whole) else 10)
    if isinstance(value, float):
        size, kind = (4, BINARY_FLOAT) if isinstance(value, Single) else (8, BINARY_DOUBLE)
        return make(kind, size, size)
    if isinstance(value, datetime.timedelta):
        return make(INTERVAL_DS, 11, 11)
    if isinstance(value, datetime.datetime):
        if isinstance(value, Day):
            return make(DATE, 7, 7)
        return make(TIMESTAMP_TZ, 13, 13, scale=6) if value.tzinfo else make(TIMESTAMP, 11, 11, scale=6)
    if isinstance(value, LongBytes):
        return make(BLOB, 4000, 4000)
    if isinstance(value, bytes):
        return make(RAW, 2000, 2000)
    if isinstance(value, Long):
        return make(CLOB, 4000, 4000)
    return make(VARCHAR, 32767, 32767)


def bound(value):
    if isinstance(value, BindVar):
        value = value.value
    if isinstance(value, datetime.timedelta):
        return round(value / datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else format(value, "f")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    if isinstance(value, (str, bytes)) and not value:
        return None
    if isinstance(value, str):
        return str(value)
    return bytes(value) if isinstance(value, bytes) else value


def rewritten(sql, ddl):
    """In SQLite's words, outside of quotes and comments."""
    parts = QUOTED.split(sql)
    for at in range(0, len(parts), 2):
        part = re.sub(r":\s*\d+", "?", parts[at])
        part = re.sub(r"\bv\$session\b", "(SELECT value AS sid, 'APP' AS username FROM json_each(sessions()))", part)
        part = re.sub(r"\bFOR\s+UPDATE\b.*", "", part, flags=re.I)
        if ddl or re.search(r"\bCAST\s*\(", part, re.I):
            for old, new in TYPES:
                part = old.sub(new, part)
            part = re.sub(r"\bPURGE\b|\bCASCADE\s+CONSTRAINTS\b", "", part, flags=re.I)
        parts[at] = part
    return "".join(parts)


def refusal(error, sql):
    """SQLite's errors by Oracle's numbers."""
    text = str(error)
    for part, code in [
        ("UNIQUE constraint", 1),
        ("FOREIGN KEY constraint", 2291),
        ("NOT NULL constraint", 1400),
        ("CHECK constraint", 2290),
        ("no such table", 942),
        ("no such column", 904),
        ("already exists", 955),
        ("is locked", 54),
        ("incomplete input", 936),
        ("syntax error", 900),
        ("division by zero", 1476),
    ]:
        if part in text:
            near = re.search(r'near "([^"]+)"', text)
            offset = sql.find(near.group(1)) if near else None
            return BackendError(text, ora_code=code, error_offset=offset)
    return BackendError(text, ora_code=900)


class Backend:
    """One session."""

    capabilities = frozenset({Capability.TRANSACTIONS})
    lock = threading.Lock()
    alive = {}
    last = 100

    def __init__(self, path, accounts):
        self.accounts = accounts
        self.read_only = False
        self.database = sqlite3.connect(path, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
        self.database.execute("PRAGMA foreign_keys = ON")
        self.database.execute("PRAGMA busy_timeout = 5000")
        for name, count, function in [
            ("sessions", 0, self.sessions),
            ("nap", 1, lambda seconds: time.sleep(seconds) or 1),
            ("divided", 2, self.divided),
        ]:
            self.database.create_function(name, count, function)
        with self.lock:
            Backend.last += 1
            self.id = Backend.last

    @staticmethod
    def sessions():
        return "[" + ",".join(str(id) for id in Backend.alive) + "]"

    @staticmethod
    def divided(a, b):
        if b == 0:
            raise ZeroDivisionError
        return a // b

    def authenticate(self, username):
        for name, secret in self.accounts.items():
            if name.upper() == username.upper():
                self.alive[self.id] = self
                return secret
        return None

    def session_info(self):
        return SessionInfo(session_id=self.id, serial_num=1, instance_name="MIRROR", db_name="MIRROR", service_name="map")

    def execute(self, sql, binds=()):
        words = WORD.findall("".join(QUOTED.split(sql)[::2]))
        first = words[0].upper() if words else ""
        counted = COUNTED.fullmatch(sql)
        if counted:
            return Result(columns=[column("N", [1])], rows=Numbers(range(1, int(counted.group(1)) + 1)))
        if sql.startswith("SELECT value FROM a"):
            kind, size, value = ODD[sql.split()[-1]]
            meta = ColumnMeta(b"VALUE", kind, size, size)
            # NULL among them, which has a form of its own in some types.
            return Result(columns=[meta], rows=[(value,), (None,), (value,)])
        if first in ("BEGIN", "DECLARE"):
            return self.block(sql)
        if first == "ALTER" and words[1].upper() == "SESSION":
            return Result()
        if first == "SET":
            return self.set_transaction(words)
        if first in ("COMMIT", "ROLLBACK") and "TO" not in [word.upper() for word in words]:
            (self.commit if first == "COMMIT" else self.rollback)()
            return Result()
        if first in DDL:
            self.commit()
        elif first in DML or first == "SAVEPOINT" or re.search(r"FOR\s+UPDATE", sql, re.I):
            if self.read_only:
                raise BackendError("may not perform insert, delete or update operation inside a READ ONLY transaction", ora_code=1456)
            self.opened("IMMEDIATE")
        return self.run(rewritten(sql, first in DDL), [bound(value) for value in binds], sql)

    def run(self, text, values, sql):
        try:
            cursor = self.database.execute(text, values)
            rows = cursor.fetchall()
        except sqlite3.OperationalError as error:
            if "user-defined function raised" in str(error):
                raise BackendError("divisor is equal to zero", ora_code=1476, error_offset=7) from None
            raise refusal(error, sql) from None
        except sqlite3.ProgrammingError as error:
            raise BackendError(str(error), ora_code=1008) from None
        except (sqlite3.Error, OverflowError) as error:
            raise refusal(error, sql) from None
        if cursor.description is None:
            return Result(rowcount=max(cursor.rowcount, 0))
        # What is quoted nowhere in the statement is in upper case.
        names = [name if f'"{name}"' in sql else name.upper() for name, *_ in cursor.description]
        columns = [column(name, [row[at] for row in rows]) for at, name in enumerate(names)]
        return Result(columns=columns, rows=[self.shown(row, columns) for row in rows])

    @staticmethod
    def shown(row, columns):
        return tuple(
            str(value) if meta.data_type == VARCHAR and value is not None and not isinstance(value, str) else value
            for value, meta in zip(row, columns)
        )

    def block(self, sql):
        nap = re.search(r"SLEEP\s*\(\s*([\d.]+)", sql, re.I)
        own = re.search(r"RAISE_APPLICATION_ERROR\s*\(\s*-(\d+)\s*,\s*'([^']*)'", sql, re.I)
        if nap:
            time.sleep(float(nap.group(1)))
        elif own:
            raise BackendError(own.group(2), ora_code=int(own.group(1)))
        return Result()

    def set_transaction(self, words):
        words = [word.upper() for word in words]
        self.read_only = "ONLY" in words
        if self.read_only or "SERIALIZABLE" in words:
            # SQLite's transaction sees one state from its first statement on; READ COMMITTED begins with a change.
            self.opened("DEFERRED")
        return Result()

    def opened(self, how):
        if not self.database.in_transaction:
            try:
                self.database.execute("BEGIN " + how)
            except sqlite3.OperationalError as error:
                raise refusal(error, "") from None

    def commit(self):
        self.read_only = False
        if self.database.in_transaction:
            self.database.execute("COMMIT")

    def rollback(self):
        self.read_only = False
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")

    def close(self):
        self.alive.pop(self.id, None)
        self.database.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--field-version", type=int, default=24)
    parser.add_argument("--database", required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--old-verifier", action="store_true")
    given = parser.parse_args()
    if not given.old_verifier:
        # The Mirror offers thin clients the verifier of 11g; Oracle's driver for Rust knows that of 12c only.
        mirror_session.make_challenge = partial(make_challenge, verifier_type=VFR_12C_SHA2)
        tns.VFR_11G_SHA1 = VFR_12C_SHA2
    context = None
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate, given.key)
    converters()
    database = sqlite3.connect(given.database)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS dual (dummy TEXT)")
    database.execute("DELETE FROM dual")
    database.execute("INSERT INTO dual VALUES ('X')")
    database.commit()
    accounts = {"app": os.environ["MIRROR_PASSWORD"]}
    server = Server(
        "127.0.0.1",
        given.port,
        backend_factory=lambda: Backend(given.database, accounts),
        field_version=given.field_version,
        ssl_context=context,
    )
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
