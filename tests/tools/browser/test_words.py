"""What is taken out of a page's words and of its address before anybody sees them."""

from __future__ import annotations

from tools.browser.reading import visible
from tools.browser.verbs import address


def test_what_has_no_shape_is_not_shown() -> None:
    assert visible("a\u200bb\u202ec\U000e0041d\n\te\u00a0f") == "abcd\n\te f"
    assert visible("👩‍💻") == "👩‍💻"


def test_an_address_lets_nobody_in() -> None:
    assert address("http://bob:pw@h/?user=a&password=b&x=1#access_token=z") == (
        "http://h/?user=a&password=***&x=1#access_token=***"
    )
