"""Certificate signing requests: approved or denied, with what the certificate will be good for."""

from __future__ import annotations

import base64
from typing import Final, Literal

from protocol.errors import ErrorCode
from tools.errors import ToolError, printable
from tools.kube import pkcs10
from tools.kube.arguments import Name
from tools.kube.change import Draft, Intent, Operation
from tools.kube.creating import kind_of
from tools.kube.objects import Manifest, at, label, listed
from tools.kube.session import Session
from tools.kube.verbs import writes

GROUP: Final = "certificates.k8s.io"
Decision = Literal["Approved", "Denied"]


@writes(
    "kube.approve_certificate",
    examples=(
        "approve the certificate signing request csr-abc",
        "sign the csr of dev-1",
        "accept certificate request node-7",
        "let the pending certificate dev-login through",
    ),
)
async def approve_certificate(session: Session, *, name: Name) -> Draft:
    """Approve a certificate signing request. The certificate that is then issued cannot be taken back.

    Args:
        name: The request.
    """
    return await _decide(session, name, "Approved", "an issued certificate is good until it expires")


@writes(
    "kube.deny_certificate",
    examples=(
        "deny the certificate signing request csr-abc",
        "reject the csr of dev-1",
        "refuse certificate request node-7",
        "do not sign the pending certificate dev-login",
    ),
)
async def deny_certificate(session: Session, *, name: Name) -> Draft:
    """Deny a certificate signing request; its sender must then send a new one.

    Args:
        name: The request.
    """
    return await _decide(session, name, "Denied", "a denial is final: a new request has to be sent")


async def _decide(session: Session, name: str, decision: Decision, final: str) -> Draft:
    kind = kind_of(session, "certificatesigningrequests", GROUP)
    live = await session.find.one(name, kind.qualified)
    if decided(live) == decision:
        return Draft(f"{label(live)} is {decision.lower()}")
    if decided(live):
        raise ToolError(ErrorCode.CONFLICT, f"{label(live)} is {decided(live).lower()}: a new request has to be sent")
    body = answered(live, decision)
    intent = Intent(f"it is {decision.lower()}", lambda now: _holds(now, decision))
    one = Operation(
        "put", kind, "", name, live, body, subresource="approval", verb="update", irreversible=final, intent=intent
    )
    verb = "approve" if decision == "Approved" else "deny"
    return Draft(f"{verb} {label(live)}: {purpose(live)}", (one,), tuple(dangers(live)) if verb == "approve" else ())


def decided(request: Manifest) -> str:
    """`Approved`, `Denied`, or "" where nobody has decided. Pure."""
    types = [one.get("type") for one in at(request, "status.conditions", [])]
    return next((one for one in ("Denied", "Approved") if one in types), "")


def answered(live: Manifest, decision: Decision) -> Manifest:
    """The request with the decision among its conditions. Pure."""
    metadata = {key: live["metadata"][key] for key in ("name", "uid") if key in live["metadata"]}
    condition = {
        "type": decision,
        "status": "True",
        "reason": f"{decision}ByAsterism",
        "message": "decided by a person",
    }
    kept = {key: value for key, value in live.items() if key not in ("metadata", "status")}
    before = at(live, "status.conditions", [])
    return {**kept, "metadata": metadata, "status": {"conditions": [*before, condition]}}


def purpose(request: Manifest) -> str:
    """Who asks, of which signer, for which uses. Pure."""
    spec = request.get("spec") or {}
    groups = listed(one for one in spec.get("groups") or () if one != "system:authenticated")
    who = f"{spec.get('username', 'somebody')}{f' ({groups})' if groups else ''}"
    signer, uses = spec.get("signerName", "unknown"), listed(spec.get("usages") or ())
    return f"for {identity(request)}, asked by {who}, signer {signer}, uses {uses}"


def identity(request: Manifest) -> str:
    """The name that the certificate will carry: `CN=dev-1, O=developers`. Pure."""
    try:
        names = pkcs10.subject(base64.b64decode(at(request, "spec.request", "")))
    except ValueError:
        return "a name that cannot be read"
    return listed(f"{part}={printable(value)[:100]}" for part, value in names) or "no name"


def dangers(request: Manifest) -> list[str]:
    """What an approval gives. Pure."""
    signer = str(at(request, "spec.signerName", ""))
    who = identity(request)
    if "O=system:masters" in who:
        return [f"{who} is an administrator without any limit, whom nobody can take that from"]
    if signer == "kubernetes.io/kube-apiserver-client":
        return [f"whoever holds its key logs in to this cluster as {who}"]
    if signer.startswith("kubernetes.io/kube-apiserver-client-kubelet"):
        return ["the certificate logs in as a node"]
    return []


def _holds(live: Manifest | None, decision: Decision) -> str:
    return "" if live is not None and decided(live) == decision else f"it is not {decision.lower()} yet"
