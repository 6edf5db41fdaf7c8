#!/usr/bin/env python3
"""Reads a profile and an index from a web server in all encodings in turn, while somebody writes new versions.

    nginx_twins_reader.py SOCKET PROFILE

Ends with 0 when enough versions came in each encoding and none came after a newer one; else says what was wrong.
"""

import gzip
import json
import socket
import subprocess
import sys
import time

ENOUGH = 25  # versions in each encoding, of each file
DEADLINE = 120
ENCODINGS = ["", "gzip", "br"]


def get(path, encoding):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(sys.argv[1])
    accept = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
    s.sendall(f"GET /{path} HTTP/1.1\r\nHost: notes.example.org\r\nConnection: close\r\n{accept}\r\n".encode())
    data = b""
    while chunk := s.recv(1 << 20):
        data += chunk
    s.close()
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    if " 200" not in lines[0]:
        sys.exit(f"{path}: {lines[0]}")
    return fields, body


def decoded(fields, body):
    """The answer's bytes, and how they came; "chunked": compressed for this answer alone, as no twin is there."""
    how = fields.get("content-encoding", "")
    if "chunked" in fields.get("transfer-encoding", ""):
        whole = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            whole += rest[: int(size, 16)]
            body = rest[int(size, 16) + 2 :]
        return gzip.decompress(whole) if how == "gzip" else whole, "chunked"
    if how == "gzip":
        return gzip.decompress(body), how
    if how == "br":
        done = subprocess.run(["brotli", "-dc"], input=body, capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"no brotli: {done.stderr.decode()}")
        return done.stdout, how
    return body, how


def version(path, text):
    parsed = json.loads(text)
    first = parsed[0] if isinstance(parsed, list) else parsed
    return first["history_whole_open"]


def main():
    files = [sys.argv[2], "indexes/users.json"]
    newest = {path: 0 for path in files}
    seen = {(path, how): set() for path in files for how in ENCODINGS}
    end = time.monotonic() + DEADLINE
    turn = 0
    while any(len(versions) < ENOUGH for versions in seen.values()):
        if time.monotonic() > end:
            counts = {key: len(versions) for key, versions in seen.items()}
            sys.exit(f"not enough versions were seen: {counts}")
        turn += 1
        for path in files:
            # The plain file before each of the others, and in an order that changes.
            for encoding in ["", ENCODINGS[1 + turn % 2], "", ENCODINGS[1 + (turn + 1) % 2]]:
                text, how = decoded(*get(path, encoding))
                now = version(path, text)
                if now < newest[path]:
                    sys.exit(f"{path} as {how or 'it is'}: version {now} came after {newest[path]}")
                newest[path] = now
                if how == encoding:
                    seen[path, how].add(now)
    print(f"{turn} turns, " + ", ".join(f"{path} {how or 'plain'}: {len(v)}" for (path, how), v in seen.items()))


if __name__ == "__main__":
    main()
