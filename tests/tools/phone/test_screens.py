"""A UI dump as a tree; and what is none."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.phone.screens import tree
from tools.uitree import Bounds, focused

HEAD = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"
DUMP = f"""UI hierchary dumped to: /data/local/tmp/x.xml
{HEAD}<hierarchy rotation="0">
<node class="android.widget.FrameLayout" package="com.x" bounds="[0,0][1080,1920]" enabled="true">
<node class="android.widget.EditText" text="Ann &amp; Bob&#10;x" resource-id="com.x:id/user" focused="true"
 enabled="true" clickable="true" bounds="[0,100][1080,200]" package="com.x" content-desc="User" />
<node class="android.widget.EditText" text="hunter2" password="true" enabled="false" bounds="[0,200][1080,300]" />
<node class="androidx.appcompat.widget.AppCompatImageButton" content-desc="Send" bounds="[0,300][-5,400]" />
</node></hierarchy>
"""


def test_a_dump_becomes_a_tree() -> None:
    root = tree(DUMP)
    [frame] = root.children
    user, _, button = frame.children
    assert (root.role, root.app, frame.role) == ("screen", "com.x", "group")
    assert (user.role, user.text, user.id, user.description) == ("field", "Ann & Bob x", "com.x:id/user", "User")
    assert user.states == ("clickable", "focused", "editable")
    assert user.bounds == Bounds(left=0, top=100, right=1080, bottom=200)
    assert focused(root) == user
    assert button.bounds.empty


def test_a_password_is_not_in_the_tree() -> None:
    secret = tree(DUMP).children[0].children[1]
    assert secret.text == "(hidden)"
    assert {"password", "editable", "disabled"} <= set(secret.states)
    assert "hunter2" not in tree(DUMP).model_dump_json()


def test_a_screen_cannot_write_to_a_terminal() -> None:
    escaped = DUMP.replace("Send", "\u202eevil")
    assert tree(escaped).children[0].children[2].description == "\\u202eevil"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ERROR: could not get idle state.",
        f"{HEAD}<hierarchy><node></hierarchy>",
        f'{HEAD}<!DOCTYPE a [<!ENTITY b "c">]><hierarchy>&b;</hierarchy>',
        f"{HEAD}<hierarchy>" + "<node>" * 300 + "</node>" * 300 + "</hierarchy>",
        f"{HEAD}<hierarchy>" + "<node/>" * 20_001 + "</hierarchy>",
        HEAD + "<hierarchy>&#27;</hierarchy>",
    ],
    ids=["nothing", "an error", "not closed", "a document type", "too deep", "too many", "a control character"],
)
def test_what_is_no_dump_is_refused(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        tree(text)
    assert caught.value.code is ErrorCode.BAD_OUTPUT
