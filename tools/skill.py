"""A skill is one typed function:

    @skill("file.read", examples=("show me app.log",))
    def read(context: ToolContext, *, path: WorkspacePath, max_bytes: Bytes = 65536) -> FileText:
        \"\"\"Read the text of a file.

        Args:
            path: File to read.
        \"\"\"

Its schemas come from the types, its description from the docstring's first paragraph, its arguments' descriptions
from the `Args:` section. `async def` runs on the event loop; `def` runs in a worker thread.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, to_json

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, JsonSchema, Risk, SkillSpec
from tools.complaints import complaint
from tools.context import ToolContext
from tools.docstrings import argument_descriptions, first_paragraph
from tools.errors import ToolError, from_os_error
from tools.schemas import tidy
from tools.threads import in_thread

P = ParamSpec("P")
R = TypeVar("R")
# What typing itself returns for a function.
_Hints = dict[str, Any]
_ARGUMENTS = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Skill(Generic[P, R]):
    """A function with its specification and the adapters that check what goes in and comes out."""

    def __init__(
        self, function: Callable[P, R], spec: SkillSpec, arguments: type[BaseModel], dump: Callable[[object], Json]
    ) -> None:
        self.function = function
        self.spec = spec
        self.__doc__ = function.__doc__
        self._validate = arguments.__pydantic_validator__.validate_python
        self._dump = dump
        self._run = _runner(function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the bare function, unchecked: for one skill that uses another."""
        return self.function(*args, **kwargs)

    def checked(self, arguments: JsonObject) -> dict[str, object]:
        """The arguments with defaults filled in. Raises ToolError(BAD_ARGUMENTS)."""
        try:
            values: dict[str, object] = self._validate(arguments).__dict__
        except ValidationError as error:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, complaint(self.spec, error)) from None
        return values

    async def invoke(self, arguments: JsonObject, context: ToolContext) -> Json:
        """Check the arguments, do it, check the output. Raises ToolError, and CancelledError when cancelled."""
        values = self.checked(arguments)
        try:
            output = self._dump(await self._run(context, values))
            self._bound(output, context.limits.output_bytes)
            return output
        except ToolError:
            raise
        except OSError as error:
            raise from_os_error(error) from error
        except Exception as error:
            # The tool's own fault: told to the caller as such, with its cause kept for the device's log.
            raise ToolError(
                ErrorCode.TOOL_FAILED, f"{self.spec.name} broke: {type(error).__name__}: {error}"
            ) from error

    def _bound(self, output: Json, limit: int) -> None:
        try:
            size = len(to_json(output))
        except (PydanticSerializationError, UnicodeEncodeError, ValueError) as error:
            raise ToolError(ErrorCode.BAD_OUTPUT, f"{self.spec.name} returned what is not JSON: {error}") from error
        if size > limit:
            raise ToolError(
                ErrorCode.OUTPUT_TOO_LARGE,
                f"the result has {size:,} bytes and {limit:,} are allowed: ask for less, or write it to a file",
            )


def skill(
    name: str,
    *,
    risk: Risk = Risk.READ,
    idempotent: bool = True,
    timeout_s: float = 300.0,
    examples: tuple[str, ...] = (),
    version: int = 1,
    preview: str | None = None,
) -> Callable[[Callable[P, R]], Skill[P, R]]:
    """Make a function a skill; `preview` names the one that shows what a call would change.

    Raises TypeError or ValueError, at import, where its signature cannot be one.
    """

    def make(function: Callable[P, R]) -> Skill[P, R]:
        hints = get_type_hints(function, include_extras=True)
        arguments = _arguments(function, name, hints)
        dump, output_schema = _output(hints.get("return"), name)
        spec = SkillSpec(
            name=name,
            description=first_paragraph(function.__doc__ or ""),
            input_schema=tidy(arguments.model_json_schema()),
            output_schema=output_schema,
            risk=risk,
            idempotent=idempotent,
            timeout_s=timeout_s,
            examples=examples,
            version=version,
            preview=preview,
        )
        return Skill(function, spec, arguments, dump)

    return make


def _arguments(function: Callable[P, R], name: str, hints: _Hints) -> type[BaseModel]:
    """The model of the keyword arguments: strict, nothing unknown."""
    described = argument_descriptions(function.__doc__ or "")
    fields: dict[str, tuple[object, FieldInfo]] = {}
    first, *rest = inspect.signature(function).parameters.values()
    if first.name != "context":
        raise TypeError(f"skill {name}: the first parameter must be `context`")
    for parameter in rest:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.name not in hints:
            raise TypeError(f"skill {name}: `{parameter.name}` must be a typed keyword-only parameter")
        annotation = hints[parameter.name]
        default = ... if parameter.default is parameter.empty else parameter.default
        field = FieldInfo.from_annotated_attribute(annotation, default)
        field.description = described.pop(parameter.name, field.description)
        fields[parameter.name] = (annotation, field)
    if described:
        raise ValueError(f"skill {name}: the docstring describes {sorted(described)}, which are not arguments")
    return create_model(f"{name} arguments", __config__=_ARGUMENTS, **fields)  # type: ignore[call-overload, no-any-return]


def _output(kind: object, name: str) -> tuple[Callable[[object], Json], JsonSchema]:
    """How to turn a result of this type into JSON, and that JSON's schema."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        model: type[BaseModel] = kind
        serialize = model.__pydantic_serializer__.to_python

        def dump(value: object) -> Json:
            if type(value) is not model:
                raise ToolError(ErrorCode.BAD_OUTPUT, f"{name} returned {type(value).__name__}, not {model.__name__}")
            found: Json = serialize(value, mode="json")
            return found

        return dump, tidy(model.model_json_schema(mode="serialization"))
    if kind != JsonObject:
        raise TypeError(f"skill {name}: it must return a pydantic model or JsonObject")
    adapter: TypeAdapter[JsonObject] = TypeAdapter(JsonObject)

    def dump_object(value: object) -> Json:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            raise ToolError(ErrorCode.BAD_OUTPUT, f"{name} returned what is not a JSON object") from error

    return dump_object, {"type": "object"}


def _runner(function: Callable[..., object]) -> Callable[[ToolContext, dict[str, object]], Awaitable[object]]:
    if inspect.iscoroutinefunction(function):

        def run(context: ToolContext, values: dict[str, object]) -> Awaitable[object]:
            found: Awaitable[object] = function(context, **values)
            return found

        return run

    def run_in_thread(context: ToolContext, values: dict[str, object]) -> Awaitable[object]:
        return in_thread(context, lambda: function(context, **values))

    return run_in_thread


__all__ = ["Skill", "skill"]
