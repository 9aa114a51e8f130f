"""Reads the subject of a certificate signing request (PKCS #10, RFC 2986): just enough DER to tell people. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

SEQUENCE: Final = 0x30
INTEGER: Final = 0x02
SET: Final = 0x31
OID: Final = 0x06
NAMES: Final = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}
_PEM: Final = re.compile(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----(.*?)-----END", re.DOTALL)


def subject(pem: bytes) -> list[tuple[str, str]]:
    """(`CN` or `O` or `OU`, value) pairs, in their order. Raises ValueError where it is no such request."""
    match = _PEM.search(pem)
    if match is None:
        raise ValueError("this is no certificate signing request")
    try:
        der = base64.b64decode(b"".join(match[1].split()), validate=True)
    except binascii.Error:
        raise ValueError("the certificate signing request is not base64") from None
    info = _items(_inside(_inside(der, SEQUENCE), SEQUENCE))
    if len(info) < 2 or info[0][0] != INTEGER or info[1][0] != SEQUENCE:
        raise ValueError("the certificate signing request has no subject")
    found: list[tuple[str, str]] = []
    for tag, relative in _items(info[1][1]):
        for inner, pair in _items(relative) if tag == SET else ():
            parts = _items(pair) if inner == SEQUENCE else []
            if len(parts) == 2 and parts[0][0] == OID and parts[0][1] in NAMES:
                found.append((NAMES[parts[0][1]], parts[1][1].decode(errors="replace")))
    return found


def _inside(data: bytes, tag: int) -> bytes:
    items = _items(data)
    if not items or items[0][0] != tag:
        raise ValueError("the certificate signing request is not DER")
    return items[0][1]


def _items(data: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of each element in a row."""
    found: list[tuple[int, bytes]] = []
    while data:
        if len(data) < 2:
            raise ValueError("the certificate signing request is cut off")
        tag, length, head = data[0], data[1], 2
        if length & 0x80:
            count = length & 0x7F
            length, head = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        if len(data) < head + length:
            raise ValueError("the certificate signing request is cut off")
        found.append((tag, data[head : head + length]))
        data = data[head + length :]
    return found
