"""The approval binding: which operations need a person's word, and to what exactly that word is bound."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from protocol.vocabulary import JsonObject, Risk

_ORDER = {Risk.READ: 0, Risk.WRITE: 1, Risk.DESTRUCTIVE: 2}


def higher(left: Risk, right: Risk) -> Risk:
    """The graver of two risks."""
    return left if _ORDER[left] >= _ORDER[right] else right


def rule(policy: Literal["ask", "all", "none"], risk: Risk) -> Literal["go", "ask", "deny"]:
    """What the run's policy says of an operation of this risk. Reading never needs a word."""
    if risk is Risk.READ or policy == "all":
        return "go"
    return "ask" if policy == "ask" else "deny"


def digest(run: str, task: str, attempt: int, device: str, skill: str, arguments: JsonObject) -> str:
    """SHA-256 over the exact operation: whatever differs in it needs another approval."""
    operation = [run, task, attempt, device, skill, arguments]
    text = json.dumps(operation, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
