"""`python -m protocol.schema` writes `protocol/schema/asterism.v1.json`: JSON Schema of both kinds of frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic.json_schema import models_json_schema

from protocol import VERSION
from protocol.messages import DeviceFrame, GatewayFrame
from protocol.vocabulary import JsonSchema

PATH: Final = Path(__file__).parent / "schema" / f"{VERSION}.json"


def schema() -> JsonSchema:
    """The schema: any frame; `$defs` has `GatewayFrame`, `DeviceFrame` and every message by name."""
    _, found = models_json_schema([(GatewayFrame, "validation"), (DeviceFrame, "validation")])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{VERSION}",
        "title": VERSION,
        "description": "A text message of the WebSocket: a frame of the gateway or of a device. See docs/protocol.md.",
        "anyOf": [{"$ref": "#/$defs/GatewayFrame"}, {"$ref": "#/$defs/DeviceFrame"}],
        "$defs": {name: found["$defs"][name] for name in sorted(found["$defs"])},
    }


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
