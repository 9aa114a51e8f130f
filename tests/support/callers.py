"""Skills called as an agent calls them, without an agent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry


@dataclass
class Caller:
    """A set of skills, and an attempt's surroundings."""

    registry: Registry
    context: FakeToolContext

    @property
    def workspace(self) -> Path:
        return self.context.workspace.root

    async def call(self, name: str, /, **arguments: Json) -> dict[str, Json]:
        output = await self.registry.call(name, arguments, self.context)
        assert isinstance(output, dict)
        return output

    async def refused(self, code: ErrorCode, name: str, /, **arguments: Json) -> ToolError:
        """The error of a call that must fail with this code."""
        with pytest.raises(ToolError) as caught:
            await self.registry.call(name, arguments, self.context)
        assert caught.value.code is code, (caught.value.code, caught.value.message)
        return caught.value
