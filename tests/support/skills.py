"""Skills and devices for tests that need no real tool."""

from __future__ import annotations

from orchestrator.core.fleet import DeviceInfo, FleetView
from protocol.vocabulary import DeviceKind, DeviceProfile, JsonSchema, Risk, SkillSpec

TEXT: JsonSchema = {"type": "string"}
ANY: JsonSchema = {}
NUMBER: JsonSchema = {"type": "integer"}


def spec(
    name: str,
    output: JsonSchema | None = None,
    *,
    risk: Risk = Risk.READ,
    idempotent: bool = True,
    **arguments: JsonSchema,
) -> SkillSpec:
    """A skill whose arguments are all optional."""
    return SkillSpec(
        name=name,
        description=name,
        input_schema={"type": "object", "properties": arguments, "additionalProperties": False},
        output_schema={"type": "object", "properties": output or {}},
        risk=risk,
        idempotent=idempotent,
    )


SKILLS = (
    spec("system.disk", {"free_bytes": NUMBER, "used_percent": NUMBER}, path=TEXT),
    spec("file.read", {"text": TEXT}, path=TEXT),
    spec("file.search", {"lines": ANY, "count": NUMBER}, pattern=TEXT, path=TEXT),
    spec("file.write", {"path": TEXT}, risk=Risk.WRITE, path=TEXT, text=ANY),
    spec("file.delete", {"path": TEXT}, risk=Risk.DESTRUCTIVE, path=TEXT),
    spec("data.rank", {"ranked": ANY, "best": ANY}, items=ANY, by=TEXT, order=TEXT),
    spec("data.count_by", {"counts": ANY, "total": NUMBER}, items=ANY, by=TEXT),
    spec("shell.run", {"stdout": TEXT}, risk=Risk.DESTRUCTIVE, idempotent=False, command=TEXT),
)


def device(name: str, *skills: SkillSpec, kind: DeviceKind = DeviceKind.SERVER, online: bool = True) -> DeviceInfo:
    """A Linux device with the given skills, by default all of `SKILLS`."""
    offered = {one.name: one for one in (skills or SKILLS)}
    return DeviceInfo(name, kind, offered, profile=DeviceProfile(os="linux"), online=online)


def fleet(*names: str) -> FleetView:
    return FleetView.of(*(device(name) for name in names))
