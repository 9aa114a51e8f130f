"""Writes docs/skills.md and the pages of the other kinds of device from the skills: `python -m tools.docs`.

Also tools/edge/skills.json and tools/host/skills.json, from which an edge device and a server know their skills before
they load them.
"""

from __future__ import annotations

from pathlib import Path

from protocol.vocabulary import JsonSchema, SkillSpec
from tools import testing
from tools.browser import skills as browser
from tools.deferred import written
from tools.desktop import skills as desktop
from tools.documents import catalog as documents
from tools.documents.skills import FILE as DOCUMENTS_FILE
from tools.edge import catalog as edge
from tools.edge.skills import FILE as EDGE_FILE
from tools.host import catalog as host
from tools.host.skills import FILE as HOST_FILE
from tools.kube import skills as kube
from tools.phone import skills as phone
from tools.registry import Registry

PAGE = Path(__file__).parent.parent / "docs" / "skills.md"
KUBE_PAGE = PAGE.with_name("kubernetes-skills.md")
EDGE_PAGE = PAGE.with_name("edge-skills.md")
PHONE_PAGE = PAGE.with_name("phone-skills.md")
DESKTOP_PAGE = PAGE.with_name("desktop-skills.md")
BROWSER_PAGE = PAGE.with_name("browser-skills.md")
_BROWSER_INTRODUCTION = """\
# Skills of a browser

This page is generated from the code: `python -m tools.docs`. [browser.md](browser.md) says what they need, whom a page
may speak to, what is read back, and what their limits are.

"""
DOCUMENTS_PAGE = PAGE.with_name("documents-skills.md")
_DOCUMENTS_INTRODUCTION = """\
# Skills for documents

This page is generated from the code: `python -m tools.docs`. [documents.md](documents.md) says what they need, what is
read back, and what their limits are.

"""
_DESKTOP_INTRODUCTION = """\
# Skills of a desktop device

This page is generated from the code: `python -m tools.docs`. A desktop offers these besides all [skills of a
server](skills.md). [devices-desktop.md](devices-desktop.md) says what they need, what is read back, and what their
limits are.

"""
_PHONE_INTRODUCTION = """\
# Skills of a phone device

This page is generated from the code: `python -m tools.docs`. [devices-phone.md](devices-phone.md) says how a phone
becomes a device, what is read back, and what its limits are.

"""
_KUBE_INTRODUCTION = """\
# Skills of a Kubernetes device

This page is generated from the code: `python -m tools.docs`. [kubernetes.md](kubernetes.md) says how they are used,
and what happens before anything is written. The output of every skill has `text`, the answer for people; what writes
takes one more argument, `preview`, which the orchestrator gives it.

"""
_EDGE_INTRODUCTION = """\
# Skills of an edge device

This page is generated from the code: `python -m tools.docs`. [devices-edge.md](devices-edge.md) says how sensors and
actuators are declared, and what holds for all of these skills.

"""
_INTRODUCTION = """\
# Skills

What a server device can do. This page is generated from the code: `python -m tools.docs`.

A skill is one typed Python function in `tools/`; its schemas, description and risk come from its signature, its
docstring and its decorator. Paths are relative to the device's workspace and never leave it, unless the device's
owner allows more folders. Arguments are checked strictly; an unknown one is refused. Results are JSON objects of
bounded size; `truncated` says where something was left out, and counts then still tell of everything.

- **read** looks and changes nothing. **write** creates or changes. **destructive** removes, or can do anything;
  it is never done without approval, unless the run's policy allows all.
- An *idempotent* skill may be repeated without harm where the outcome of an attempt is unknown.

"""
_NOTES = """\
## Limits and rules

- **Files** are streamed. A file appears under its name whole or not at all; what is unfinished is named
  `.asterism-*.tmp`, and is neither listed nor searched.
- **Symbolic links** are followed where they stay in the workspace. Pipes and devices are never opened.
- **Names** that are not UTF-8 are shown with `\\xNN` in place of such bytes, and cannot be used as arguments.
- **Regular expressions** run in a process of their own, five seconds for a batch of lines at most.
- **Archives** are refused where an entry leads out, is a hard link, device or pipe, or where it unpacks to more than
  200 times its size (beyond 100 MiB), to more than 100,000 entries, or to more bytes than the device allows.
- **Commands and scripts** run as the agent's user, begin in the workspace and are not confined to it. They get none of
  the agent's environment but `PATH`, no new privileges, and limits on memory, CPU time, processes, file size and
  output. All that they started is ended with them, also where the agent is killed. Of long output the beginning and
  the end are kept.
- **HTTP** reaches public addresses. Link-local and cloud metadata addresses: never. Private addresses: where the
  device's owner allows. The device's own services: where the request names `localhost`, 127.0.0.1 or [::1] itself,
  not through a redirect from elsewhere, nor through a name that resolves to it. No proxy is used.
- **Passwords, tokens and keys** in other processes' command lines are replaced by `***`.
"""


def page() -> str:
    """The whole page."""
    specs = host.specs()
    parts = [_INTRODUCTION, _overview(specs)]
    parts += [_skill(spec) for spec in specs]
    parts.append(_NOTES)
    parts.append(
        "\n## Test skills\n\nMounted by `--test-skills` only.\n\n" + _overview(testing.registry().specs(), False)
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def kube_page() -> str:
    """The whole page of a Kubernetes device."""
    specs = kube.specs()
    parts = [_KUBE_INTRODUCTION, _overview(specs), *(_kube_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def phone_page() -> str:
    """The whole page of a phone device."""
    specs = phone.specs()
    parts = [_PHONE_INTRODUCTION, _overview(specs), *(_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def browser_page() -> str:
    """The whole page of a browser's skills."""
    specs = browser.specs()
    parts = [_BROWSER_INTRODUCTION, _overview(specs), *(_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def documents_page() -> str:
    """The whole page of the skills for documents."""
    specs = Registry.of_modules(*documents.MODULES).specs()
    parts = [_DOCUMENTS_INTRODUCTION, _overview(specs), *(_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def desktop_page() -> str:
    """The whole page of a desktop device's own skills."""
    specs = desktop.specs()
    parts = [_DESKTOP_INTRODUCTION, _overview(specs), *(_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def edge_page() -> str:
    """The whole page of an edge device's own skills."""
    specs = edge.specs()
    parts = [_EDGE_INTRODUCTION, _overview(specs), *(_skill(spec) for spec in specs)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _kube_skill(spec: SkillSpec) -> str:
    properties = {name: one for name, one in spec.input_schema["properties"].items() if name != "preview"}
    arguments = _arguments({**spec.input_schema, "properties": properties})
    said = "; ".join(f'"{example}"' for example in spec.examples)
    return f"## {spec.name}\n\n{spec.description} Risk: {spec.risk}.\n\n{arguments}\n\n{said}\n"


def _overview(specs: tuple[SkillSpec, ...], linked: bool = True) -> str:
    lines = ["| skill | risk | idempotent | does |", "|---|---|---|---|"]
    for spec in specs:
        name = f"[`{spec.name}`](#{spec.name.replace('.', '')})" if linked else f"`{spec.name}`"
        lines.append(f"| {name} | {spec.risk} | {'yes' if spec.idempotent else 'no'} | {spec.description} |")
    return "\n".join(lines) + "\n"


def _skill(spec: SkillSpec) -> str:
    facts = f"Risk: {spec.risk}. Idempotent: {'yes' if spec.idempotent else 'no'}. Timeout: {spec.timeout_s:g} s."
    said = "\n".join(f"- {example}" for example in spec.examples)
    arguments = _arguments(spec.input_schema)
    return (
        f"## {spec.name}\n\n{spec.description}\n\n{facts}\n\n{arguments}\n\n"
        f"Output: {_shape(spec.output_schema)}\n\nPeople say:\n\n{said}\n"
    )


def _arguments(schema: JsonSchema) -> str:
    if not schema.get("properties"):
        return "No arguments."
    lines = ["| argument | type | default | meaning |", "|---|---|---|---|"]
    for name, one in schema["properties"].items():
        default = "required" if name in schema.get("required", ()) else _default(one)
        lines.append(f"| `{name}` | {_type(one)} | {default} | {one.get('description', '')} |")
    return "\n".join(lines)


def _default(schema: JsonSchema) -> str:
    value = schema.get("default")
    if value is None:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(schema: JsonSchema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    kind = str(schema.get("type", "any"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _shape(schema: JsonSchema) -> str:
    return f"`{_plain(schema)}`"


def _plain(schema: JsonSchema) -> str:
    """A schema as people sketch JSON: {path, entries: [{name, size_bytes}], count}."""
    if schema.get("type") == "array":
        return f"[{_plain(schema.get('items', {}))}]"
    if "properties" in schema:
        inner = [
            name if not (shape := _plain(one)) else f"{name}: {shape}" for name, one in schema["properties"].items()
        ]
        return "{" + ", ".join(inner) + "}"
    return ""


if __name__ == "__main__":
    PAGE.write_text(page())
    KUBE_PAGE.write_text(kube_page())
    EDGE_PAGE.write_text(edge_page())
    PHONE_PAGE.write_text(phone_page())
    BROWSER_PAGE.write_text(browser_page())
    DESKTOP_PAGE.write_text(desktop_page())
    DOCUMENTS_PAGE.write_text(documents_page())
    EDGE_FILE.write_bytes(written((*edge.OWN, *edge.BESIDES)))
    DOCUMENTS_FILE.write_bytes(written(documents.MODULES))
    HOST_FILE.write_bytes(written((*host.OWN, *host.BESIDES)))
