"""Webhooks: which addresses fit, how a body is signed, when it is tried again."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from orchestrator.core.webhook_settings import Target, Webhook, WebhookSettings, key
from orchestrator.core.webhooks import Sent, next_try, origin, signature, verify

# The example of the Standard Webhooks specification's own libraries.
SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
OTHER = SecretStr("whsec_" + base64.b64encode(b"x" * 32).decode())
SETTINGS = WebhookSettings(secret=SECRET)


def test_the_signature_is_that_of_the_specification() -> None:
    made = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [key(SECRET)])
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_takes_what_is_signed_with_either_secret_and_nothing_else() -> None:
    keys = [key(SECRET), key(OTHER)]
    headers = {"webhook-id": "m", "webhook-timestamp": "1000", "webhook-signature": signature("m", 1000, b"{}", keys)}
    for secret in (SECRET, OTHER):
        assert verify(headers, b"{}", secret, 1000.0)
        assert not verify(headers, b"{ }", secret, 1000.0)
        assert not verify(headers, b"{}", secret, 1301.0)
        assert not verify(headers | {"webhook-id": "n"}, b"{}", secret, 1000.0)
        assert not verify(headers | {"webhook-timestamp": "1001"}, b"{}", secret, 1000.0)
    assert not verify(headers, b"{}", SecretStr("whsec_" + base64.b64encode(b"y" * 32).decode()), 1000.0)
    assert not verify({}, b"{}", SECRET, 1000.0)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://",
        "https://user@a.example/",
        "https://:word@a.example/",
        "https://a.example/#x",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example/ä",
        "https://a.example/ x",
        "https://a.example\\@b.example/",
        "https://[::1/",
        "a.example",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Webhook(url=url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a.example/x?key=secret", "https://a.example:443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://A.example:8443", "https://a.example:8443"),
    ],
)
def test_of_an_address_only_its_host_is_told(url: str, told: str) -> None:
    assert origin(Webhook(url=url).url) == told


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_short", "whsec_" + "A" * 31, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
def test_a_secret_that_does_not_fit_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WebhookSettings(secret=SecretStr(secret))
    bare = secret.removeprefix("whsec_")
    assert not bare or bare not in str(refused.value)


def test_targets_need_a_secret_and_names_of_their_own() -> None:
    one = Target(name="ops", url="https://a.example/")
    for values in ({"targets": (one,)}, {"secret": SECRET, "targets": (one, one)}):
        with pytest.raises(ValidationError):
            WebhookSettings.model_validate(values)
    with pytest.raises(ValidationError):
        Target(name="run", url="https://a.example/")


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True), st.floats(0, 1e9) | st.none())
def test_delays_double_within_bounds_and_end(tries: int, jitter: float, asked: float | None) -> None:
    delay = next_try(SETTINGS, tries, Sent(code="status", status=503, retry_after_s=asked), jitter)
    if tries >= SETTINGS.tries:
        assert delay is None
        return
    assert delay is not None
    full = min(SETTINGS.longest_delay_s, SETTINGS.first_delay_s * 2 ** (tries - 1))
    assert full / 2 <= delay <= SETTINGS.longest_delay_s
    assert asked is not None or delay <= full


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    assert next_try(SETTINGS, 1, Sent(code="status", status=410), 0.5) is None
