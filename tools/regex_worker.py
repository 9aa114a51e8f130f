"""Matches regular expressions from outside, in a process of its own that can be killed. See `regexes.py`.

Speaks JSON lines: first {"pattern", "ignore_case"}, then requests; each is answered by one line. Run with `-I -S`:
it imports nothing but the standard library.
"""

import json
import re
import resource
import sys

MEMORY_BYTES = 1 << 30
# Should the agent die, a match without end must not burn a core for ever.
CPU_SECONDS = 120


def answer(pattern: "re.Pattern[str]", request: "dict[str, object]") -> "dict[str, object]":
    """What one request asks for."""
    texts = request["texts"]
    assert isinstance(texts, list)
    if request["op"] == "search":
        return {"found": [index for index, text in enumerate(texts) if pattern.search(text)]}
    if request["op"] == "groups":
        matches = [pattern.search(text) for text in texts]
        return {"groups": [(match[1] if pattern.groups else match[0]) if match else None for match in matches]}
    try:
        text, count = pattern.subn(str(request["by"]), texts[0])
    except (re.error, IndexError) as error:
        return {"error": f"the replacement is not valid: {error}"}
    return {"text": text, "count": count}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    pattern = None
    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, object]
        try:
            if pattern is None:
                pattern = re.compile(request["pattern"], re.IGNORECASE if request["ignore_case"] else 0)
                reply = {}
            else:
                reply = answer(pattern, request)
        except (re.error, OverflowError, RecursionError, MemoryError) as error:
            reply = {"error": f"the regular expression is not valid: {error or type(error).__name__}"}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
