"""Whom a right is for: exactly one user, group or service account."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.creating import existing, kind_of
from tools.kube.objects import Manifest
from tools.kube.session import Session

GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Subject:
    """`namespace` is a service account's, and empty for others."""

    kind: str
    name: str
    namespace: str = ""

    def manifest(self) -> Manifest:
        if self.kind == "ServiceAccount":
            return {"kind": self.kind, "name": self.name, "namespace": self.namespace}
        return {"kind": self.kind, "name": self.name, "apiGroup": GROUP}

    def is_in(self, subjects: object) -> bool:
        """Whether a binding's `subjects` name it."""
        return isinstance(subjects, list) and any(self.same(one) for one in subjects)

    def same(self, one: Manifest) -> bool:
        return (one.get("kind"), one.get("name"), one.get("namespace") or "") == (self.kind, self.name, self.namespace)

    def __str__(self) -> str:
        said = {"ServiceAccount": "service account", "User": "user", "Group": "group"}[self.kind]
        return f"{said} {self.namespace}/{self.name}" if self.namespace else f"{said} {self.name}"

    @property
    def word(self) -> str:
        """The last part of its name, for the names of roles."""
        return self.name.rpartition(":")[2].partition("@")[0] or "all"


def subject(user: str, group: str, service_account: str, namespace: str) -> Subject:
    """The one that is given; a service account without a namespace is of `namespace`. Raises ToolError."""
    given = [one for one in (user, group, service_account) if one]
    if len(given) != 1:
        what = "say for whom: a user, a group or a service account"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, what if not given else "say just one: a user, a group or an account")
    if user.startswith("system:serviceaccount:") and user.count(":") == 3:
        service_account, user = user.removeprefix("system:serviceaccount:").replace(":", "/"), ""
    if user:
        return Subject("User", user)
    if group:
        return Subject("Group", group)
    where, mark, name = service_account.rpartition("/")
    if not (where or namespace) or not name:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say the service account as namespace/name")
    return Subject("ServiceAccount", name, where if mark else namespace)


async def absent(session: Session, one: Subject) -> list[str]:
    """A warning where the service account is not there; users and groups are no objects that could be looked up."""
    if one.kind != "ServiceAccount":
        return broad(one)
    found = await existing(session, kind_of(session, "serviceaccounts"), one.namespace, one.name)
    return [] if found is not None else [f"there is no {one}: the right waits for one of that name"]


def broad(one: Subject) -> list[str]:
    """A warning about names that stand for everybody. Pure."""
    if one.name in ("system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"):
        return [f"{one} is everybody who " + ("logs in" if one.name == "system:authenticated" else "carries that name")]
    return []
