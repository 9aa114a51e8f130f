"""How many tokens a text is, without the model's tokenizer."""

from __future__ import annotations

BYTES_PER_TOKEN = 3.5
"""English and JSON come to 3.5 to 4.5 bytes a token with the tokenizers of today's models."""


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` is: its UTF-8 bytes / 3.5, rounded up; never 0 for a text that is not empty.

    High rather than low for plain text, as a forecast should be. Text of rare symbols, and models that count bytes,
    may take up to one token a byte: three and a half times as many.
    """
    return -int(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)
