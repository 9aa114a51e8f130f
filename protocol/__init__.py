"""The Asterism agent protocol, `asterism.v1`: vocabulary, messages, codec and the session machine of both ends.

Pure: no asyncio, no clock, no randomness, no sockets. See docs/protocol.md, which is generated from this package.
"""

VERSION = "asterism.v1"
