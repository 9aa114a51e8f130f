"""A doubtful plan in words: what its question asks, and its steps as a person reads them before they say yes."""

from __future__ import annotations

import hashlib
import json

from orchestrator.core.plan import CONFIRMED, Choice, Clarification, Doubtful, Plan, Selector, Step
from orchestrator.core.sanitize import sanitize

MOST_GAPS = 5
MOST_STEPS = 50
_WIDTH = 4_000
_ASKS = "Not sure that this is what you meant (plan "


def question(doubtful: Doubtful) -> Clarification:
    """What a person is asked. The digest in it binds the question to the plan: another plan is another question."""
    gaps = "; ".join(sanitize(one, multiline=False) for one in doubtful.gaps[:MOST_GAPS])
    asked = f"{_ASKS}{digest(doubtful.plan)}): {gaps}"
    text = f"{asked[:460]}{'...' if len(asked) > 460 else '.'} Run it as it is?"
    choices = (Choice(label="yes, run this plan", value=CONFIRMED), Choice(label="no", value="no"))
    return Clarification(question=text, choices=choices, doubtful=doubtful)


def asks_about_a_plan(question: str) -> bool:
    """Whether a question that was put is one of `question`'s."""
    return question.startswith(_ASKS)


def digest(plan: Plan) -> str:
    """The first eight digits of the SHA-256 of all that would run."""
    body = json.dumps(plan.model_dump(mode="json", exclude={"why"}), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def lines(clarification: Clarification) -> list[str]:
    """The steps of the plan that a question is about, one a line, sanitised; none where it is about no plan."""
    if clarification.doubtful is None:
        return []
    steps = clarification.doubtful.plan.steps
    shown = [_line(number, step) for number, step in enumerate(steps[:MOST_STEPS], 1)]
    return shown + ([f"... and {len(steps) - MOST_STEPS} more steps"] if len(steps) > MOST_STEPS else [])


def _line(number: int, step: Step) -> str:
    after = ", ".join(f"{edge.step} ({edge.on})" for edge in step.after if edge.on != "success")
    where = f" on {_where(step.devices)}"
    call = json.dumps(step.arguments, ensure_ascii=False)
    text = f"{number}. {step.id}: {step.skill}{where} {call}{f', depending on {after}' if after else ''}"
    return sanitize(text, multiline=False, limit=_WIDTH)


def _where(selector: Selector) -> str:
    if selector.same_as is not None:
        return f"the devices of {selector.same_as}"
    parts = [*([selector.kind.value] if selector.kind is not None else []), *([selector.os] if selector.os else [])]
    parts += [f"{key}={value}" for key, value in selector.labels.items()]
    several = "each " if selector.mode == "each" else ""
    left_out = f" except {', '.join(selector.exclude)}" if selector.exclude else ""
    return several + (", ".join(selector.names) or " ".join(parts) or "any device") + left_out
