"""Made-up secrets in the forms in which real ones lie about, each different, each the same for the same seed."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_62 = string.ascii_letters + string.digits
_36 = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Canary:
    """`text` holds the secret the way it would be met; `secrets` are the strings that must not be seen anywhere."""

    kind: str
    text: str
    secrets: tuple[str, ...]


class Canaries:
    """An endless supply, form after form."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self.made: list[Canary] = []
        self._forms = self._rounds()

    def next(self) -> Canary:
        """The next form with a new secret."""
        kind, make = next(self._forms)
        canary = make(kind)
        self.made.append(canary)
        return canary

    def _rounds(self) -> Iterator[tuple[str, Callable[[str], Canary]]]:
        """All forms again and again, in an order of its own each time: no place gets always the same."""
        while True:
            forms = self._all()
            self._chance.shuffle(forms)
            yield from forms

    def _chars(self, count: int, alphabet: str = _62) -> str:
        return "".join(self._chance.choices(alphabet, k=count))

    def _password(self) -> str:
        return f"{self._chars(4, string.ascii_letters)}{self._chars(2, string.digits)}{self._chars(4)}"

    def _all(self) -> list[tuple[str, Callable[[str], Canary]]]:
        key, word = self._key, self._word
        return [
            ("openai", key("sk-proj-{}", 32)),
            ("github", key("ghp_{}", 36)),
            ("gitlab", key("glpat-{}", 20)),
            ("slack", key("xoxb-{}", 24)),
            ("aws id", key("AKIA{}", 16, string.ascii_uppercase + string.digits)),
            ("aws secret", key("{}", 40)),
            ("google", key("AIza{}", 35)),
            ("npm", key("npm_{}", 36)),
            ("ours", key("ast_abcd1234_{}", 32)),
            ("bare token", key("the thing is {} here", 24)),
            ("small token", key("use {} there", 28, _36)),
            ("hex", key("key {} it is", 32, "0123456789abcdef")),
            ("long hex", key("{}", 64, "0123456789abcdef")),
            ("bearer", key("Authorization: Bearer {}", 20)),
            ("basic", key("Authorization: Basic {}=", 19)),
            ("authtoken", key("//registry.example.org/:_authToken={}", 20)),
            ("cookie", key("Set-Cookie: session_token={}; Path=/", 22)),
            ("query", key("https://h.example.org/x?access_token={}&n=1", 18)),
            ("jwt", lambda kind: self._jwt(kind)),
            ("pem", lambda kind: self._pem(kind)),
            ("cluster secret", lambda kind: self._cluster(kind)),
            ("docker", lambda kind: self._docker(kind)),
            ("password=", word("password={}")),
            ("said", word("my password is {} by the way")),
            ("said with", word("log in with password {} please")),
            ("said of", word("the password for beta is {}")),
            ("quoted", word('password: "{} and more"')),
            ("env", word("export DB_PASSWORD={}")),
            ("env glued", word("PGPASSWORD={} psql -h db")),
            ("json", word('{{"user": "u", "password": "{}"}}')),
            ("camel json", word('{{"dbPassword": "{}"}}')),
            ("json in json", lambda kind: self._nested(kind)),
            ("yaml", word("db:\n  user: u\n  password: {}\n  port: 1")),
            ("url", word("postgresql://bob:{}@db.example.org/x")),
            ("connection", word("Server=db;User Id=sa;Password={};Encrypt=yes")),
            ("netrc", word("machine h.example.org login bob password {}")),
            ("curl", word("curl -u bob:{} https://h.example.org/")),
            ("mysql", word("mysql -h db -p{} shop")),
            ("flag", word("deploy --token {} now")),
            ("pin", lambda kind: self._pin(kind)),
        ]

    def _key(self, form: str, count: int, alphabet: str = _62) -> Callable[[str], Canary]:
        def make(kind: str) -> Canary:
            secret = self._chars(count, alphabet)
            return Canary(kind, form.format(secret), (secret,))

        return make

    def _word(self, form: str) -> Callable[[str], Canary]:
        def make(kind: str) -> Canary:
            secret = self._password()
            return Canary(kind, form.format(secret), (secret,))

        return make

    def _jwt(self, kind: str) -> Canary:
        parts = [base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("="), self._chars(40), self._chars(43)]
        return Canary(kind, f"token {'.'.join(parts)}", tuple(parts[1:]))

    def _pem(self, kind: str) -> Canary:
        lines = [self._chars(64) for _ in range(3)]
        text = "\n".join(
            ["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "", *lines, "-----END RSA PRIVATE KEY-----"]
        )
        return Canary(kind, text, tuple(lines))

    def _cluster(self, kind: str) -> Canary:
        secret = f"a {self._password()} for all"
        data = base64.b64encode(secret.encode()).decode()
        return Canary(kind, f"kind: Secret\ndata:\n  main: {data}\n", (secret, data.rstrip("=")))

    def _docker(self, kind: str) -> Canary:
        data = base64.b64encode(f"bob:{self._password()}".encode()).decode()
        return Canary(kind, json.dumps({"auths": {"r.example.org": {"auth": data}}}), (data.rstrip("="),))

    def _nested(self, kind: str) -> Canary:
        secret = self._password()
        return Canary(kind, json.dumps({"config": json.dumps({"api_key": secret})}), (secret,))

    def _pin(self, kind: str) -> Canary:
        secret = self._chars(9, string.digits)
        return Canary(kind, f"the PIN is {secret}.", (secret,))
