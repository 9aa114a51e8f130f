"""What a text is by its shape: a file with an ending, or a path in a container."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"[\w./-]*[\w-]\.(ya?ml|json|txt|md|csv|tsv|pdf|bin|log|conf|cfg|cnf|ini|toml|env|properties|xml|html?|sql|dump|gz|"
    r"tgz|tar|zip|pem|crt|key|cert|pub|p12|jks|sh|py|js|png|jpe?g|svg|db|sqlite|dat|bak|parquet|token|jwt|prom|lua|xlsx?)",
    re.IGNORECASE,
)


def is_file(text: str) -> bool:
    """Whether a text is the path of a file: it has an ending that files have."""
    return bool(_FILE.fullmatch(text))


def is_absolute(text: str) -> bool:
    """Whether a text is a path of a container."""
    return bool(re.fullmatch(r"/[\w./-]*[\w-]/?", text)) and ".." not in text
