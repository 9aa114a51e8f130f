"""From a name to the one object that it means: exact, with its UID, or a refusal that says what there is."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.api import Api
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest, label, listed, name_of, namespace_of

WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets")
SCALABLE: Final = ("deployments", "statefulsets", "replicasets")
RUNNING: Final = ("pods", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")
ANYTHING: Final = (
    *RUNNING, "services", "nodes", "namespaces", "persistentvolumeclaims", "ingresses", "configmaps", "secrets",
    "serviceaccounts", "horizontalpodautoscalers", "networkpolicies", "replicasets",
)  # fmt: skip


class Resolver:
    """Finds objects as one identity.

    `strict`, for what is to be written: a name counts as one object's only where every kind that it may be of could be
    asked for it.
    """

    def __init__(self, api: Api, kinds: Kinds, *, strict: bool = False) -> None:
        self.api = api
        self.kinds = kinds
        self.strict = strict

    async def one(self, name: str, kind: str = "", namespace: str = "", among: Sequence[str] = ANYTHING) -> Manifest:
        """The object of this name. Raises ToolError: NOT_FOUND naming near ones, AMBIGUOUS with choices, DENIED."""
        found = await self.all_named(name, self._kinds(kind, among), namespace)
        if len(found) == 1:
            return found[0][1]
        if not found:
            raise await self._missing(name, kind, namespace, among)
        names = listed(label(obj) for _, obj in found)
        raise _ambiguous(f"{len(found)} objects are called {name}: {names}; say which (kind and namespace)", found)

    async def all_named(self, name: str, kinds: Sequence[Kind], namespace: str) -> list[tuple[Kind, Manifest]]:
        """Every object of the name, over the kinds and, without a namespace, over all of them."""
        results = await asyncio.gather(*(self._named(kind, name, namespace) for kind in kinds), return_exceptions=True)
        found: list[tuple[Kind, Manifest]] = []
        errors: list[BaseException] = []
        unread: list[str] = []
        for kind, result in zip(kinds, results, strict=True):
            if isinstance(result, BaseException):
                errors.append(result)
                unread.append(kind.plural)
            else:
                found += [(kind, obj) for obj in result]
        fatal = [e for e in errors if not _closed(e)]
        if fatal or (errors and not found):
            raise (fatal or errors)[0]
        if unread and self.strict:
            names = listed(label(obj) for _, obj in found)
            message = f"{names}, or another: {listed(unread)} called {name} may not be looked up; say the kind"
            raise _ambiguous(message, found)
        return found

    async def _named(self, kind: Kind, name: str, namespace: str) -> list[Manifest]:
        if namespace or not kind.namespaced:
            if namespace and not kind.namespaced:
                namespace = ""
            try:
                obj = await self.api.get(kind.path(namespace, name))
            except KubeError as error:
                if error.status == 404:
                    return []
                raise
            return [obj]
        query = (("fieldSelector", f"metadata.name={name}"),)
        return await self.everywhere(kind, query)

    async def everywhere(self, kind: Kind, query: Sequence[tuple[str, str]] = ()) -> list[Manifest]:
        """The objects of a kind in all namespaces; where that is forbidden, in those that this identity may read."""
        try:
            return await self.api.items(kind.path(), query)
        except KubeError as error:
            if error.status != 403 or not kind.namespaced:
                raise
            namespaces = await self.namespaces()
            if not namespaces:
                raise
        results = await asyncio.gather(
            *(self.api.items(kind.path(one), query) for one in namespaces), return_exceptions=True
        )
        lists = [one for one in results if not isinstance(one, BaseException)]
        for one in results:
            # Silence is no answer: what timed out may hold the very object that makes a name ambiguous.
            if isinstance(one, BaseException) and not _closed(one):
                raise one
        if not lists:
            raise next(one for one in results if isinstance(one, BaseException))
        return [obj for one in lists for obj in one]

    async def namespaces(self) -> list[str]:
        """The namespaces that this identity may know of; only the context's own where it may not list them."""
        try:
            found = await self.api.items("/api/v1/namespaces")
        except KubeError as error:
            if error.status != 403:
                raise
            return [self.api.namespace] if self.api.namespace else []
        return [name_of(one) for one in found]

    def home(self, namespace: str) -> str:
        """The namespace for something new. Raises ToolError(BAD_ARGUMENTS) where none is known."""
        if namespace or self.api.namespace:
            return namespace or self.api.namespace
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say in which namespace: the kubeconfig's context has none")

    def _kinds(self, kind: str, among: Sequence[str]) -> list[Kind]:
        if kind:
            return [self.kinds.find(kind)]
        return [found for plural in among if (found := self.kinds.get(plural, "*")) is not None]

    async def _missing(self, name: str, kind: str, namespace: str, among: Sequence[str]) -> ToolError:
        if namespace and (gone := await self.no_namespace(namespace)):
            return gone
        kinds = self._kinds(kind, among)
        lists = await asyncio.gather(
            *(self.api.items(one.path(namespace), most=2000) for one in kinds), return_exceptions=True
        )
        seen = {
            name_of(obj): obj
            for one in lists
            if not isinstance(one, BaseException)
            for obj in one
            if name_of(obj) != name
        }
        near = difflib.get_close_matches(name, seen, n=3, cutoff=0.6) or [n for n in seen if name in n][:3]
        what = kinds[0].singular if kind else "object"
        where = f" in {namespace}" if namespace else ""
        hint = f"; near: {listed(label(seen[n]) for n in near)}" if near else ""
        return ToolError(ErrorCode.NOT_FOUND, f"there is no {what} {name}{where}{hint}")

    async def no_namespace(self, namespace: str) -> ToolError | None:
        """NOT_FOUND with near names, where the namespace is not among those that are known; else None."""
        known = await self.namespaces()
        if not known or namespace in known:
            return None
        near = difflib.get_close_matches(namespace, known, n=3, cutoff=0.6)
        hint = f"; near: {', '.join(near)}" if near else ""
        return ToolError(ErrorCode.NOT_FOUND, f"there is no namespace {namespace}{hint}")


def _closed(error: BaseException) -> bool:
    """Whether it may not be read, or is not there: not that it could not be asked."""
    return isinstance(error, KubeError) and error.status in (403, 404)


def _ambiguous(message: str, found: Sequence[tuple[Kind, Manifest]]) -> ToolError:
    choices = [{"kind": kind.kind, "namespace": namespace_of(obj), "name": name_of(obj)} for kind, obj in found]
    return ToolError(ErrorCode.AMBIGUOUS, message, choices=[{k: v for k, v in one.items() if v} for one in choices])
