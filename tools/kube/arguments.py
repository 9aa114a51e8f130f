"""The types that the verbs' signatures are written in. Names are checked here: no flag or shell word passes as one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

DNS = r"^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$"
# RBAC names and nodes may hold colons and dots; an API server refuses what its kind does not allow.
Name = Annotated[str, Field(pattern=DNS, max_length=253)]
MaybeName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9.:]*[a-z0-9])?)?$", max_length=253)]
Namespace = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
KindWord = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\- ]*$", max_length=100)]
Selector = Annotated[str, Field(pattern=r"^[A-Za-z0-9_./, ()!=-]*$", max_length=500)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$", max_length=20)]
# Planners write `pods: 10` and `cpu: 0.5` as numbers; Kubernetes wants text.
Amount = Annotated[Quantity, BeforeValidator(lambda given: str(given) if type(given) in (int, float) else given)]
Amounts = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$", max_length=317)], Amount], Field(max_length=64)
]
Image = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/@-]+$", max_length=500)]
Labels = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$", max_length=317)], Annotated[str, Field(max_length=100_000)]
    ],
    Field(max_length=64),
]
Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=64)]
Argv = Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=64)]
WaitSeconds = Annotated[float, Field(ge=0, le=3600, json_schema_extra={"format": "seconds"})]
