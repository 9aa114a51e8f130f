"""Writes docs/skills.md from the skills themselves: `python -m tools.docs`."""

from __future__ import annotations

from pathlib import Path

from protocol.vocabulary import JsonSchema, SkillSpec
from tools import server, testing

PAGE = Path(__file__).parent.parent / "docs" / "skills.md"
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
    specs = server.registry().specs()
    parts = [_INTRODUCTION, _overview(specs)]
    parts += [_skill(spec) for spec in specs]
    parts.append(_NOTES)
    parts.append(
        "\n## Test skills\n\nMounted by `--test-skills` only.\n\n" + _overview(testing.registry().specs(), False)
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts)


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
