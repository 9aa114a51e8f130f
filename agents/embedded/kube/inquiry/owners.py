"""Who and what stands beside the objects of a request: people, accounts, containers."""

from __future__ import annotations

import re

from agents.embedded.kube.inquiry.places import Places
from agents.embedded.kube.inquiry.tables import FROM, IN
from agents.embedded.kube.tokens import Shape
from agents.embedded.wordset import words

_PERSONS = words("user group")
_CONTAINERS = words("app main web api server client proxy sidecar worker db cache ui frontend backend bot init")


class Owners(Places):
    """Places with the finders of people and containers."""

    def _people(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.shape is Shape.IDENTITY:
                first = at - 1 if self.tokens[at - 1].lemma in _PERSONS | {"serviceaccount"} and at else at
                self.person_at |= set(range(first, at + 1))
                account = re.fullmatch(r"system:serviceaccount:([^:]+):([^:]+)", token.text)
                self.person = {"service_account": f"{account[1]}/{account[2]}"} if account else {"user": token.text}
                if not account and first < at and self.tokens[first].lemma == "group":
                    self.person = {"group": token.text}
            elif token.lemma == "serviceaccount" and at + 1 < len(self.tokens):
                beside = self.tokens[at + 1]
                if beside.shape is Shape.PATH:
                    self.person, self.person_at = {"service_account": beside.low}, {at, at + 1}
                elif self._abroad(at):
                    self.person = {"service_account": f"{self.name(at + 3)}/{self.name(at + 1)}"}
                    self.person_at = set(range(at, at + 4))
            elif token.lemma in _PERSONS and not token.low.endswith("s") and not self._api_group(at):
                step = at + 1
                while self.low(step) in {"called", "named"}:
                    step += 1
                if self.nameable(step):
                    said = self.tokens[step]
                    name = str(said.value) if said.shape is Shape.QUOTED else said.text
                    self.person, self.person_at = {token.lemma: name}, set(range(at, step + 1))
        self._take(self.person_at)

    def _abroad(self, at: int) -> bool:
        """`sa bot in ci ... in prod`: an account with a namespace of its own, beside that of the request."""
        if not self.nameable(at + 1) or self.low(at + 2) not in FROM or not self.nameable(at + 3):
            return False
        others = [n for n in range(at + 4, len(self.tokens)) if self.low(n - 1) in IN and self.nameable(n)]
        return any(self.name(n) != self.name(at + 3) for n in others)

    def _api_group(self, at: int) -> bool:
        """`the group cert-manager.io` of an API is none of people."""
        return self.low(at) == "group" and (
            self.low(at - 1) == "api" or "." in self.low(at + 1) or any(t.lemma == "apiresources" for t in self.tokens)
        )

    def _containers(self) -> None:
        """`container app`, `the istio-proxy sidecar`, `-c app`."""
        for at, token in enumerate(self.tokens):
            if token.text in {"-c", "--container"} and at + 1 < len(self.tokens):
                near = at + 1
            elif token.lemma in {"container", "sidecar"} and not token.low.endswith("s"):
                behind = at + 1
                while self.low(behind) in {"called", "named"}:
                    behind += 1
                plain = self.low(at - 2) in {"the", "its", "of"} and self.low(at - 1) in _CONTAINERS
                near = (
                    behind
                    if self.nameable(behind) or behind > at + 1
                    else at - 1
                    if self.nameable(at - 1) or plain
                    else -1
                )
            else:
                continue
            if self._word(near):
                self.container = self.name(near)
                self.box_at = set(range(min(at, near), max(at, near) + 1))
                self._take(self.box_at)
