"""The device's end of the pipe: what a written tool asks, answered as its caller may have it, without secret values.

Whatever comes over the pipe is checked as if the process behind it had been taken over: names are names, so that no
question reaches another path of the API than the one that it is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.errors import ToolError
from tools.kube.arguments import KindWord, MaybeName, Name, Namespace, Selector
from tools.kube.errors import KubeError
from tools.kube.secrecy import hidden, masked
from tools.kube.session import Session

MOST_OBJECTS: Final = 5_000
MOST_LOG: Final = 1 << 20
MOST_PROPOSALS: Final = 50


class Question(BaseModel):
    """The arguments of one method of the client."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Get(Question):
    kind: KindWord
    name: Name
    namespace: Namespace = ""


class List(Question):
    kind: KindWord
    namespace: Namespace = ""
    selector: Selector = ""


class Events(Question):
    namespace: Namespace = ""
    kind: KindWord = ""
    name: MaybeName = ""


class Logs(Question):
    pod: Name
    namespace: Annotated[Namespace, Field(min_length=1)]
    container: MaybeName = ""
    tail: Annotated[int, Field(ge=1, le=10_000)] = 200
    previous: bool = False


class Proposal(Question):
    skill: Annotated[str, Field(max_length=80)]
    arguments: JsonObject


Q = TypeVar("Q", bound=Question)


@dataclass
class Client:
    """Answers the questions of one run. `proposals` are the writes that the tool would like, in its order."""

    session: Session
    proposals: list[Proposal] = field(default_factory=list)

    async def answer(self, method: str, asked: JsonObject) -> Json:
        """Raises ToolError for a question that is none, or that the API server refuses the caller."""
        match method:
            case "get":
                return await self._get(_checked(Get, asked))
            case "list":
                return await self._list(_checked(List, asked))
            case "events":
                return await self._events(_checked(Events, asked))
            case "logs":
                return await self._logs(_checked(Logs, asked))
            case "propose":
                return self._propose(_checked(Proposal, asked))
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the client has no {method[:40]}")

    async def _get(self, asked: Get) -> Json:
        kind = self.session.kinds.find(asked.kind)
        namespace = asked.namespace or self.session.api.namespace or "default"
        try:
            found = await self.session.api.get(kind.path(namespace if kind.namespaced else "", asked.name))
        except KubeError as error:
            if error.status == 404:
                return None
            raise
        return masked(found)

    async def _list(self, asked: List) -> Json:
        kind = self.session.kinds.find(asked.kind)
        query = [("labelSelector", asked.selector)] if asked.selector else []
        items = await self.session.api.items(kind.path(asked.namespace), query, most=MOST_OBJECTS)
        return [masked(one) for one in items]

    async def _events(self, asked: Events) -> Json:
        query = [("fieldSelector", f"involvedObject.name={asked.name}")] if asked.name else []
        path = self.session.kinds.find("events").path(asked.namespace)
        found = await self.session.api.items(path, query, most=MOST_OBJECTS)
        wanted = self.session.kinds.find(asked.kind).kind if asked.kind else ""
        return [masked(one) for one in found if wanted in ("", (one.get("involvedObject") or {}).get("kind"))]

    async def _logs(self, asked: Logs) -> Json:
        query = [("tailLines", str(asked.tail))]
        query += [("container", asked.container)] if asked.container else []
        query += [("previous", "true")] if asked.previous else []
        path = self.session.kinds.find("pods").path(asked.namespace, asked.pod, "log")
        return hidden((await self.session.api.text(path, query, most=MOST_LOG))[0])

    def _propose(self, asked: Proposal) -> Json:
        if len(self.proposals) >= MOST_PROPOSALS:
            raise ToolError(ErrorCode.DENIED, f"a tool proposes at most {MOST_PROPOSALS} writes")
        self.proposals.append(asked)
        return None


def _checked(kind: type[Q], asked: JsonObject) -> Q:
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"client.{kind.__name__.lower()}: {place}: {first['msg']}") from None
