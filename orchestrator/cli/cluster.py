"""How the command line says which cluster, as whom, and within which limits."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    from tools.kube.settings import KubeSettings

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ClusterFlags:
    """What a device of the kind kubernetes takes; other kinds refuse it."""

    kubeconfig: Annotated[
        Path | None, Parameter(help="kubernetes: which kubeconfig (default: KUBECONFIG, ~/.kube/config, in-cluster).")
    ] = None
    context: Annotated[str, Parameter(help="kubernetes: which of its contexts.", show_default=False)] = ""
    as_user: Annotated[
        str, Parameter(name="--as", help="kubernetes: the user to impersonate for all.", show_default=False)
    ] = ""
    as_groups: Annotated[
        tuple[str, ...],
        Parameter(
            name="--as-group", help="kubernetes: a group with it; may be repeated.", negative=(), show_default=False
        ),
    ] = ()
    callers: Annotated[
        Path | None, Parameter(help="kubernetes: JSON of callers and their identities; others are refused.")
    ] = None
    read_only: Annotated[bool, Parameter(help="kubernetes: write nothing.", negative=(), show_default=False)] = False
    protect: Annotated[
        tuple[str, ...],
        Parameter(
            help='kubernetes: a namespace that is never written to; may be repeated; "" lifts the default ones.',
            negative=(),
            show_default=False,
        ),
    ] = ()
    max_objects: Annotated[int | None, Parameter(help="kubernetes: objects that one action may change (50).")] = None
    max_scale_down: Annotated[
        float | None, Parameter(help="kubernetes: share of replicas that one action may take away (1.0).")
    ] = None
    freeze: Annotated[str, Parameter(help="kubernetes: why nothing may be changed now.", show_default=False)] = ""

    def settings(self) -> KubeSettings:
        """Raises CommandError `usage` for limits that are none."""
        from tools.kube.settings import PROTECTED, KubeSettings

        if self.max_objects is not None and self.max_objects < 1:
            raise CommandError("usage", "--max-objects is a number from 1 on.")
        if self.max_scale_down is not None and not 0 <= self.max_scale_down <= 1:
            raise CommandError("usage", "--max-scale-down is a share from 0 to 1.")
        if self.as_groups and not self.as_user:
            raise CommandError("usage", "--as-group goes with --as: a group alone is nobody.")
        given = {
            name: getattr(self, name) for name in ("max_objects", "max_scale_down") if getattr(self, name) is not None
        }
        return KubeSettings(
            kubeconfig=_absolute(self.kubeconfig),
            context=self.context,
            as_user=self.as_user,
            as_groups=self.as_groups,
            callers=_absolute(self.callers),
            read_only=self.read_only,
            protected=tuple(
                dict.fromkeys((*(PROTECTED if "" not in self.protect else ()), *filter(None, self.protect)))
            ),
            freeze=self.freeze,
            **given,
        )

    def refuse(self, kind: str) -> None:
        """Raises CommandError `usage` where a device of another kind is given any of these."""
        given = [one.name for one in fields(self) if getattr(self, one.name) != one.default]
        if given:
            flag = {"as_user": "as", "as_groups": "as-group"}.get(given[0], given[0].replace("_", "-"))
            raise CommandError("usage", f"--{flag} is for the kind kubernetes, not for {kind}.")


def require_client() -> None:
    """Raises CommandError `missing_extra` where the Kubernetes client is not installed."""
    missing = CommandError("missing_extra", "The Kubernetes client is missing. Run `pip install 'asterism[k8s]'`.")
    try:
        if importlib.util.find_spec("kubernetes") is None:
            raise missing
    except ModuleNotFoundError:
        raise missing from None


def require_kubeconfig(given: Path | None) -> None:
    """Raises CommandError `bad_configuration` where there is no cluster to speak to."""
    if given is not None:
        if not given.expanduser().is_file():
            raise CommandError("bad_configuration", f"--kubeconfig {given}: there is no such file.")
        return
    if not any(path.is_file() for path in kubeconfigs()) and not SERVICE_ACCOUNT.exists():
        where = "KUBECONFIG names no file" if os.environ.get("KUBECONFIG") else "there is no ~/.kube/config"
        raise CommandError("bad_configuration", f"No cluster is known: {where}. Give one with --kubeconfig FILE.")


def kubeconfigs() -> list[Path]:
    """Where a kubeconfig is looked for, as kubectl does."""
    named = [Path(part).expanduser() for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return named or [Path.home() / ".kube" / "config"]


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.expanduser().absolute()
