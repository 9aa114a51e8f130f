"""A part of a cluster as it was at one moment: the objects that analysers look at, with indexes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from tools.kube.analysers.findings import Ref, ref
from tools.kube.kinds import Kinds
from tools.kube.objects import Manifest, at, matches, name_of, namespace_of, uid_of

WORKLOADS: Final = ("deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers")
JOBS: Final = ("jobs", "cronjobs")
NEVER_S: Final = 10.0**9
"""The age of what has no time."""


@dataclass(frozen=True, slots=True)
class Log:
    """Last lines of a container: of the one that runs, and of the one before it."""

    current: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Those of the container that ended; of the running one where there was none before."""
        return self.previous or self.current


@dataclass(frozen=True)
class Snapshot:
    """`objects` by plural, as read; a plural that is not there was not read (`unread` says of which and why).

    `logs` by (namespace, pod, container). `keys` of config maps and secrets by (kind, namespace, name): what data they
    hold, None for those that do not exist; never a value. `now` is the time it was taken, with its zone.
    """

    objects: Mapping[str, list[Manifest]]
    now: datetime
    kinds: Kinds = field(default_factory=lambda: Kinds(()))
    logs: Mapping[tuple[str, str, str], Log] = field(default_factory=dict)
    keys: Mapping[tuple[str, str, str], frozenset[str] | None] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    namespace: str = ""
    """The only namespace that was read; empty: all."""

    def all(self, plural: str) -> list[Manifest]:
        return self.objects.get(plural, [])

    def inside(self, plural: str, namespace: str) -> list[Manifest]:
        """The objects of a kind in a namespace."""
        return self._inside.get((plural, namespace), [])

    def get(self, plural: str, namespace: str, name: str) -> Manifest | None:
        return self._named.get((plural, namespace, name))

    def known(self, plural: str) -> bool:
        """Whether what is not here does not exist."""
        return plural in self.objects

    def covers(self, plural: str, namespace: str) -> bool:
        """The same for a kind in a namespace."""
        return self.known(plural) and self.namespace in ("", namespace)

    def find(self, wanted: Ref) -> Manifest | None:
        return self._refs.get(wanted)

    def names(self, plural: str, namespace: str = "") -> list[str]:
        return [name_of(one) for one in (self.inside(plural, namespace) if namespace else self.all(plural))]

    def events(self, obj: Manifest | Ref, *reasons: str) -> list[Manifest]:
        """The warnings about an object, the newest first; of some reasons only where they are given."""
        found = self._events.get(obj if isinstance(obj, Ref) else ref(obj), [])
        return [one for one in found if not reasons or one.get("reason") in reasons]

    def age_s(self, time: object) -> float:
        """Seconds since a timestamp of the API, or since an object was made. NEVER_S where there is none."""
        text = at(time, "metadata.creationTimestamp") if isinstance(time, dict) else time
        if not isinstance(text, str) or not text:
            return NEVER_S
        try:
            return (self.now - datetime.fromisoformat(text.replace("Z", "+00:00"))).total_seconds()
        except (ValueError, TypeError):
            return NEVER_S

    def event_age_s(self, event: Manifest) -> float:
        """Seconds since an event last happened."""
        return min(
            self.age_s(event.get("lastTimestamp") or None),
            self.age_s(at(event, "series.lastObservedTime")),
            self.age_s(event.get("eventTime") or None),
        )

    def top(self, obj: Manifest) -> Ref:
        """What owns an object in the end: the Deployment of a pod, the CronJob of a job; itself where nothing does."""
        current, found = obj, ref(obj)
        for _ in range(5):
            owner = controller(current)
            if owner is None:
                return found
            found = Ref(str(owner.get("kind", "")), namespace_of(obj), str(owner.get("name", "")))
            above = self._uids.get(str(owner.get("uid", "")))
            if above is None:
                return found
            current, found = above, ref(above)
        return found

    def pods_of(self, owner: Ref) -> list[Manifest]:
        """The pods of a workload, whatever stands between."""
        return self._pods.get(owner, [])

    def pods_on(self, node: str) -> list[Manifest]:
        return self._on_node.get(node, [])

    def selected_pods(self, namespace: str, selector: Mapping[str, str] | None) -> list[Manifest]:
        """The pods that a service's selector selects, those excluded that have ended or are going."""
        return self.matching_pods(namespace, {"matchLabels": dict(selector)}) if selector else []

    def matching_pods(self, namespace: str, selector: Manifest | None) -> list[Manifest]:
        """The same for a LabelSelector; an empty one selects all."""
        wanted = [(namespace, key, value) for key, value in ((selector or {}).get("matchLabels") or {}).items()]
        candidates = min(
            (self._labelled.get(one, []) for one in wanted), key=len, default=self._live.get(namespace, [])
        )
        return [one for one in candidates if matches(selector or {}, one["metadata"].get("labels") or {})]

    def log(self, pod: Manifest, container: str) -> Log:
        return self.logs.get((namespace_of(pod), name_of(pod), container), Log())

    @cached_property
    def _inside(self) -> dict[tuple[str, str], list[Manifest]]:
        found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for plural, objects in self.objects.items():
            for one in objects:
                found[plural, namespace_of(one)].append(one)
        return found

    @cached_property
    def _named(self) -> dict[tuple[str, str, str], Manifest]:
        return {(p, namespace_of(one), name_of(one)): one for p, objects in self.objects.items() for one in objects}

    @cached_property
    def _refs(self) -> dict[Ref, Manifest]:
        return {ref(one): one for plural, objects in self.objects.items() if plural != "events" for one in objects}

    @cached_property
    def _uids(self) -> dict[str, Manifest]:
        return {uid_of(one): one for plural in (*WORKLOADS, *JOBS) for one in self.all(plural) if uid_of(one)}

    @cached_property
    def _pods(self) -> dict[Ref, list[Manifest]]:
        found: dict[Ref, list[Manifest]] = defaultdict(list)
        for pod in self.all("pods"):
            for owner in {self.top(pod), *self._between(pod)}:
                found[owner].append(pod)
        return found

    def _between(self, pod: Manifest) -> Iterable[Ref]:
        """What controls a pod itself: a ReplicaSet, a Job."""
        owner = controller(pod)
        return () if owner is None else (Ref(str(owner["kind"]), namespace_of(pod), str(owner["name"])),)

    @cached_property
    def _on_node(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for pod in self.all("pods"):
            found[str(at(pod, "spec.nodeName", ""))].append(pod)
        return found

    @cached_property
    def _live(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for pod in self.all("pods"):
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") and not going(pod):
                found[namespace_of(pod)].append(pod)
        return found

    @cached_property
    def _labelled(self) -> dict[tuple[str, str, str], list[Manifest]]:
        found: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
        for namespace, pods in self._live.items():
            for pod in pods:
                for key, value in (pod["metadata"].get("labels") or {}).items():
                    found[namespace, key, value].append(pod)
        return found

    @cached_property
    def _events(self) -> dict[Ref, list[Manifest]]:
        found: dict[Ref, list[Manifest]] = defaultdict(list)
        for one in sorted(self.all("events"), key=self.event_age_s):
            about = one.get("involvedObject") or one.get("regarding") or {}
            key = Ref(str(about.get("kind", "")), str(about.get("namespace", "") or ""), str(about.get("name", "")))
            found[key].append(one)
        return found


def controller(obj: Manifest) -> Manifest | None:
    """The owner reference of what controls an object."""
    owners: list[Manifest] = (obj.get("metadata") or {}).get("ownerReferences") or []
    return next((one for one in owners if one.get("controller")), None)


def going(obj: Manifest) -> bool:
    """Whether it is being deleted."""
    return bool((obj.get("metadata") or {}).get("deletionTimestamp"))
