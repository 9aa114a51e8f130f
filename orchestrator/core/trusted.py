"""Values that the core makes itself, without checking them again.

`Model(...)` checks every field, and `model_construct` is slower still. The four values that every task of every run
needs are made here at a third of the price; a test compares each with the checked one.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)
_set = object.__setattr__
_names: dict[type[BaseModel], set[str]] = {}


def trusted(model: type[M], fields: dict[str, Any]) -> M:
    """A `model` of exactly these fields: all of them, of the right types, and not changed by the caller later."""
    made = model.__new__(model)
    _set(made, "__dict__", fields)
    # One set for all of a kind: pydantic copies it before it changes it.
    _set(made, "__pydantic_fields_set__", _names.get(model) or _names.setdefault(model, set(model.model_fields)))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made
