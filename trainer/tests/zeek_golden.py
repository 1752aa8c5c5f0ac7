"""Hashes of what an independent reader finds in Zeek logs: the expected values of zeek.rs.

    pip install parsezeeklogs==3.0.1
    python trainer/tests/zeek_golden.py $FLOWSIEVE_DATA > trainer/tests/golden/zeek.txt

One line a log: its path, its rows, and a SHA-256 over all values. A row is its fields that are set, sorted, each as
`name=value` with a 0x1f behind, then 0x1e. A number is the sixteen hexadecimal digits of its bits as a 64-bit float, big
end first, because the reader gives numbers and not their text; everything else is its text. The last field of IoT-23's
original logs holds several values with three blanks between, of which this reader knows nothing: they are taken apart here.
"""

import hashlib
import re
import struct
import sys
from pathlib import Path

from parsezeeklogs import ParseZeekLogs

LOGS = [
    "zeek/001-malicious.labeled-conn.log",
    "zeek/002-port-scan.conn.json.log",
    "zeek/012-mixed.conn.log.labeled",
    "zeek/benign-honeypot.conn.log",
    "zeek/conn.json.small.log",
    "zeek/conn.tab.log",
    "iot23/CTU-IoT-Malware-Capture-34-1.conn.log.labeled",
]
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
UNSET = {"", "-", "(empty)"}


def text_of(value):
    """A value as Zeek writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    return str(value)


def canonical(text):
    if NUMBER.fullmatch(text):
        return struct.pack(">d", float(text)).hex()
    return text


for log in LOGS:
    rows, digest = 0, hashlib.sha256()
    for record in ParseZeekLogs(str(Path(sys.argv[1]) / log), output_format=None, safe_headers=False):
        if record is None:
            continue
        fields = {}
        for name, value in record.items():
            names, values = re.split(" {3,}", name), re.split(" {3,}", text_of(value))
            fields.update(zip(names, values, strict=True) if len(names) > 1 else [(name, text_of(value))])
        for name in sorted(fields):
            if fields[name] not in UNSET:
                digest.update(f"{name}={canonical(fields[name])}\x1f".encode())
        digest.update(b"\x1e")
        rows += 1
    print(log, rows, digest.hexdigest())
