"""Names that stand without quotes: of windows, fields, applications, services, packages; and addresses of the web.

A name is held to its shape: a word that limits, points or joins is none, so that `the window in the kitchen` is no
window called "in the kitchen".
"""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.kinds.acts import text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words

NO_NAMES: Final = words(
    "a an the my our your its their his her this that these those it them they there here what which who one ones "
    "some everyone everybody anyone anybody someone somebody nobody any all every each both no none not but only "
    "just also too than nothing something anything everything other in on at of to from for with by into onto "
    "over under after before during until since till while about as like now again later soon today tomorrow "
    "tonight yesterday daily hourly weekly twice once always first last next same please is are was be do does "
    "did can could should would will if when or and then app apps application applications program programs "
    "software service services daemon container containers window windows field fields button dialog"
)
NO_PLAIN_NAMES: Final = words(
    "current open new old latest previous right left update updates upgrade upgrades patch patches package packages "
    "job jobs user users file files folder page url link tab"
)
"""Words that are a name, or part of one, only with a capital: `the window New person`."""
COMMON: Final = words(
    "calculator terminal notes settings calendar firefox chrome chromium thunderbird gedit gimp inkscape nautilus "
    "libreoffice vscode kate konsole dolphin vlc spotify slack evolution blender"
) | {
    "text editor", "file manager", "web browser", "control center", "system settings", "task manager",
    "document viewer", "image viewer", "libreoffice writer", "libreoffice calc",
}  # fmt: skip
"""What people call the applications that desktops have, where a desktop does not say which it has."""
DAEMONS: Final = words(
    "cron nginx apache apache2 httpd sshd postgres postgresql mysql mysqld mariadb redis redis-server mongod "
    "mongodb docker containerd crond mosquitto rabbitmq haproxy caddy postfix dovecot bind9 named chronyd chrony "
    "grafana grafana-server prometheus influxdb elasticsearch memcached squid varnish fail2ban rsyslog cups tomcat"
)
_ORDERS: Final = words(
    "reboot restart shutdown start stop run open close check verify show list print tell notify quit exit sleep wait "
    "enable disable remove delete install backup"
)
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:-]{0,100}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{0,100}")
_FILES: Final = (".apk", ".deb", ".rpm", ".zip", ".gz", ".exe", ".msi", ".sh", ".py", ".txt", ".whl", ".jar")


def name_of(slots: Slots, slot: str, piece: Piece, *, most: int = 4) -> str | None:
    """Quoted text, or up to `most` words none of which says anything but a name."""
    tokens = slots[slot]
    if len(tokens) == 1 and tokens[0].kind is Kind.QUOTED:
        return text_of(slots, slot, piece)
    if len(tokens) > most or any(_common(token.text) for token in tokens):
        return None
    return text_of(slots, slot, piece)


_LAST: Final = words("in up on off out now all me again here it back")
"""Words that end a name that begins with a capital: `Sign in`, `Turn on`."""


def label_of(slots: Slots, slot: str, piece: Piece) -> str | None:
    """What is written on a button, a field or a link: quoted text, or words the first of which has a capital."""
    tokens = slots[slot]
    if len(tokens) == 1 and tokens[0].kind is Kind.QUOTED:
        return text_of(slots, slot, piece)
    inner, last = tokens[1:-1], tokens[-1:] if len(tokens) > 1 else ()
    if not (1 <= len(tokens) <= 4 and tokens[0].word and tokens[0].text[:1].isupper()) or tokens[0] is piece.tokens[0]:
        return None
    plain = any(one.text.casefold() in NO_NAMES for one in inner)
    ends = any(one.text.casefold() in (NO_NAMES | {"key", "keys"}) - _LAST for one in last)
    return None if plain or ends else text_of(slots, slot, piece)


def _common(word: str) -> bool:
    low = word.casefold().replace("’", "'")
    return low in NO_NAMES or (low in NO_PLAIN_NAMES and not word[:1].isupper())


def service_of(slots: Slots, slot: str, piece: Piece) -> str | None:
    name = name_of(slots, slot, piece, most=1)
    return name if name is not None and _SERVICE.fullmatch(name) else None


def package_of(slots: Slots, slot: str, piece: Piece) -> str | None:
    name = name_of(slots, slot, piece, most=1)
    fits = name is not None and _PACKAGE.fullmatch(name) and name not in _ORDERS and not name.endswith(_FILES)
    return name if fits else None


def known_app(name: str, piece: Piece, world: World) -> bool:
    """Whether a desktop that is meant has the application, as far as desktops say what they have."""
    named = {one for _, mention in piece.places for one in mention.names}
    word = " ".join(name.split()).casefold()
    for device in world.able("desktop.open_app", named or None):
        profile = world.fleet.devices[device].profile.desktop
        menu = [one.casefold() for one in profile.applications] if profile is not None else []
        if not menu and word in COMMON:
            return True
        if any(one == word or word in re.split(r"[\s._-]+", one) for one in menu):
            return True
    return False


def address_of(slots: Slots, slot: str, piece: Piece) -> str | None:
    """An address of the web: a URL, or a host that is written as one."""
    tokens = slots[slot]
    address = text_of(slots, slot, piece)
    if len(tokens) != 1:
        return None
    if tokens[0].kind is Kind.HOST:
        bare = re.fullmatch(r"\d+(\.\d+){3}", address) is not None
        return f"{'http' if bare else 'https'}://{address}"
    if address.casefold() == "localhost":
        return f"http://{address}"
    return address if address.startswith(("http://", "https://")) else None
