"""What a skill raises.

    ToolError                the attempt failed; `code` is one of the protocol's closed set

A tool raises nothing else on purpose. The registry turns what the operating system raises into a ToolError, so that
a device never has to guess.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable

from protocol.errors import ErrorCode
from protocol.messages import TaskError

MESSAGE_LIMIT = 2_000
CHOICES = 20
_OS_CODES = {
    errno.ENOENT: ErrorCode.NOT_FOUND,
    errno.ESRCH: ErrorCode.NOT_FOUND,
    errno.EEXIST: ErrorCode.ALREADY_EXISTS,
    errno.ENOTEMPTY: ErrorCode.ALREADY_EXISTS,
    errno.EACCES: ErrorCode.DENIED,
    errno.EPERM: ErrorCode.DENIED,
    errno.EROFS: ErrorCode.DENIED,
    errno.ENOTDIR: ErrorCode.BAD_ARGUMENTS,
    errno.EISDIR: ErrorCode.BAD_ARGUMENTS,
    errno.ENAMETOOLONG: ErrorCode.BAD_ARGUMENTS,
    errno.EINVAL: ErrorCode.BAD_ARGUMENTS,
    errno.ELOOP: ErrorCode.OUTSIDE_WORKSPACE,
}
_TRANSIENT = frozenset({errno.EAGAIN, errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ETXTBSY})


class ToolError(Exception):
    """The attempt failed. `message` is one sentence for people; `retryable` is the device's opinion.

    `choices`, of an AMBIGUOUS one: arguments, of which each set would have named one thing.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, retryable: bool = False, choices: Iterable[dict[str, str]] = ()
    ) -> None:
        self.code = code
        self.message = printable(message)[:MESSAGE_LIMIT]
        self.retryable = retryable
        self.choices = tuple(choices)[:CHOICES]
        super().__init__(self.message)

    def task_error(self) -> TaskError:
        """The same, as it goes over the wire."""
        return TaskError(code=self.code, message=self.message, retryable=self.retryable, choices=self.choices)


def printable(text: str) -> str:
    """`text` without control characters and lone surrogates: a file's name can never write to a terminal."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def from_os_error(error: OSError, what: str = "") -> ToolError:
    """The ToolError for what the operating system said, about `what` (a path as the caller gave it)."""
    code = _OS_CODES.get(error.errno or 0, ErrorCode.TOOL_FAILED)
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    about = f"`{what}`: " if what else ""
    return ToolError(code, f"{about}{reason}", retryable=error.errno in _TRANSIENT)
