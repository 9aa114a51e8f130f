"""Requests made from the REST description by schemathesis, in a process of its own: what is asked, how it is judged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from orchestrator.core.webhook_settings import WebhookSettings

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
"""All but `positive_data_acceptance`: no schema says that a cursor is one of ours, or that two times are in order."""
REFUSALS = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "406",
    "408",
    "409",
    "410",
    "412",
    "413",
    "414",
    "415",
    "422",
    "429",
    "431",
]
SHARP = r"^/v1/(tokens/|faults|prune|devices/)"
"""Routes that may take from the others what they need: a token, a device, runs, peace. They are asked last."""

ADDRESSES = ["http://127.0.0.1:9/hook", "https://127.0.0.1:9/", "http://[::1]:9/a?b=c"]
"""All that a webhook is ever given: the port for what is discarded, on this machine, where nothing listens."""
WEBHOOKS = WebhookSettings(
    secret=SecretStr("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    networks=("127.0.0.0/8", "::1/128"),
    tries=1,
)
"""For the orchestrator that is asked: webhooks are sent, and not again."""


@dataclass(frozen=True)
class Findings:
    """`output` is schemathesis's own report; `server_errors` counts answers of 500 and above among the failures."""

    cases: int
    failures: int
    server_errors: int
    output: str


def fuzz(
    folder: Path,
    url: str,
    token: str,
    known: dict[str, list[str]],
    *,
    examples: int,
    seed: int,
    phases: str,
    only: str = "",
    without: str = "",
) -> Findings:
    """Ask every route about so many times. `known`: values for parameters of addresses that exist, by name.

    The same seed makes the same requests, as far as answers do not lead elsewhere.
    """
    description = folder / "openapi.json"
    description.write_text(json.dumps(_described(url, token)))
    config = folder / "schemathesis.toml"
    config.write_text(_configuration(known))
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(config),
        "run",
        str(description),
        "--url",
        url,
    ]
    command += ["--checks", ",".join(CHECKS), "--phases", phases, "--max-examples", str(examples)]
    command += ["--seed", str(seed), "--generation-database", "none", "--no-color", "--continue-on-failure"]
    command += ["--include-path-regex", only] if only else []
    command += ["--exclude-path-regex", without] if without else []
    told = {**os.environ, "SHOWN": f"Bearer {token}", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    cases = re.search(r"^\s*(\d+) generated", output, re.MULTILINE)
    if cases is None or done.returncode not in (0, 1):
        raise RuntimeError(f"schemathesis ended with {done.returncode}:\n{output[-4000:]}")
    failures = re.search(r"(\d+) unique failures?", output)
    return Findings(
        cases=int(cases[1]),
        failures=int(failures[1]) if failures else 0,
        server_errors=len(re.findall(r"^\[5\d\d\]", output, re.MULTILINE)),
        output=output,
    )


def _described(url: str, token: str) -> dict[str, Any]:
    """The description, in which webhooks have no made-up addresses: the orchestrator would speak to them."""
    found: dict[str, Any] = httpx2.get(
        f"{url}/openapi.json", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ).json()
    schemas = found["components"]["schemas"]
    schemas["Webhook"]["properties"]["url"] = {"enum": ADDRESSES}
    schemas["WebhookTest"]["properties"]["to"] = {"enum": ADDRESSES}
    return found


def _configuration(known: dict[str, list[str]]) -> str:
    lines = ['headers = { Authorization = "${SHOWN}" }', "request-timeout = 60", "", "[parameters]"]
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.7 }}' for name in known]
    for name, values in known.items():
        lines += ["", f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    lines += ["", "[checks.negative_data_rejection]", f"expected-statuses = {json.dumps(REFUSALS)}"]
    return "\n".join(lines) + "\n"
