from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from orchestrator.core.egress import Label
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.owner import LocalOnly, PrivacySettings
from orchestrator.core.privacy import KEPT, Rules, Screen
from protocol.vocabulary import DeviceKind, DeviceProfile, JsonSchema, Risk, SkillSpec


def screen(privacy: PrivacySettings | None = None, fleet: FleetView | None = None, **more: bool) -> Screen:
    return Screen(Rules(privacy or PrivacySettings(), ("x-known-secret-x",)), fleet, **more)


def skill(name: str, description: str = "", schema: JsonSchema | None = None) -> SkillSpec:
    return SkillSpec(
        name=name, description=description, input_schema=schema or {"type": "object"}, output_schema={}, risk=Risk.READ
    )


def device(name: str, *skills: SkillSpec, **labels: str) -> DeviceInfo:
    profile = DeviceProfile(os="linux", hostname=f"{name}.example.org", gpus=("RTX of Anna",))
    return DeviceInfo(name, DeviceKind.SERVER, {one.name: one for one in skills}, labels, profile)


def test_personal_data_gets_a_name_and_comes_back() -> None:
    one = screen()
    told = one.text("mail anna@example.org and ben@example.org, then anna@example.org from /home/anna/x")
    assert told == "mail PRIVATE_EMAIL_1 and PRIVATE_EMAIL_2, then PRIVATE_EMAIL_1 from /home/PRIVATE_USER_1/x"
    plan = {"to": "PRIVATE_EMAIL_1", "path": "/home/PRIVATE_USER_1/x", "n": 3, "list": ["PRIVATE_EMAIL_2;"]}
    assert one.restored(plan) == {  # type: ignore[arg-type]
        "to": "anna@example.org",
        "path": "/home/anna/x",
        "n": 3,
        "list": ["ben@example.org;"],
    }
    assert one.withheld == (Label.PERSONAL,)
    assert one.labels == (Label.PUBLIC,)


def test_only_what_this_screen_gave_out_comes_back() -> None:
    one = screen()
    assert one.text("anna@example.org") == "PRIVATE_EMAIL_1"
    assert (
        one.restored("PRIVATE_EMAIL_2 PRIVATE_EMAIL_11 PRIVATE_TERM_1")
        == "PRIVATE_EMAIL_2 PRIVATE_EMAIL_11 PRIVATE_TERM_1"
    )
    assert screen().restored("PRIVATE_EMAIL_1") == "PRIVATE_EMAIL_1"


def test_a_text_that_looks_like_a_placeholder_comes_back_as_it_was() -> None:
    one = screen()
    told = one.text("find PRIVATE_EMAIL_1 and anna@example.org")
    assert told == "find PRIVATE_WORD_1 and PRIVATE_EMAIL_1"
    assert one.restored(told) == "find PRIVATE_EMAIL_1 and anna@example.org"
    assert one.text(told) == told, "what the model says goes back as it is"


def test_a_trusted_rung_is_told_personal_data_and_no_secret() -> None:
    one = screen(trusted=True)
    told = one.text("anna@example.org has password=hunter2 and x-known-secret-x")
    assert told == "anna@example.org has password=[redacted:password] and [redacted:secret]"
    assert one.labels == (Label.PUBLIC, Label.PERSONAL)
    assert one.withheld == (Label.SECRET,)


def test_the_owners_terms_are_words_in_capitals_or_not() -> None:
    privacy = PrivacySettings(terms=("Anna", "Project Blue"), secret_terms=(SecretStr("nightingale"),))
    one = screen(privacy)
    told = one.text("ANNA and hannah of project blue; the NIGHTINGALE, nightingales")
    assert told == "PRIVATE_TERM_1 and hannah of PRIVATE_TERM_2; the [redacted:secret], nightingales"
    assert one.restored(told) == "ANNA and hannah of project blue; the [redacted:secret], nightingales"


def test_paths_that_stay_are_named_and_come_back() -> None:
    local = LocalOnly(paths=("/srv/diary", "*.kdbx", "/data/My Papers/*"))
    one = screen(PrivacySettings(local_only=local))
    told = one.text('read /srv/diary/2026.md, /srv/diary-public/x, ~/keys.kdbx and "/data/My Papers/tax 1.pdf" now')
    assert told == 'read PRIVATE_PATH_1, /srv/diary-public/x, PRIVATE_PATH_2 and "PRIVATE_PATH_3" now'
    assert one.restored("PRIVATE_PATH_3") == "/data/My Papers/tax 1.pdf"
    assert one.withheld == (Label.DEVICE_LOCAL,)


def test_of_a_device_that_stays_local_only_its_kind_and_skills_are_told() -> None:
    diary = device("diary-box", skill("file.read", "reads"), skill("diary.find", "the diary of Anna"), owner="Anna")
    fleet = FleetView.of(device("alpha", skill("file.read", "reads a file"), place="attic"), diary)
    one = screen(PrivacySettings(local_only=LocalOnly(devices=("diary-*",))), fleet, trusted=True)
    told = one.fleet(fleet)
    hidden = told.devices["PRIVATE_DEVICE_1"]
    assert (hidden.name, hidden.labels, hidden.kind) == ("PRIVATE_DEVICE_1", {}, DeviceKind.SERVER)
    assert told.devices["alpha"].labels == {"place": "attic"}
    assert told.skills["diary.find"].description == ""
    assert told.skills["file.read"].description == "reads a file"
    assert "hostname" not in hidden.profile.model_dump(exclude_defaults=True)
    assert one.text("no such file on it", device="diary-box") == KEPT
    assert one.restored(["PRIVATE_DEVICE_1"]) == ["diary-box"]


def test_what_devices_say_of_their_skills_is_screened() -> None:
    schema: JsonSchema = {
        "type": "object",
        "properties": {"to": {"enum": ["anna@example.org"], "description": "token=abc123"}},
    }
    fleet = FleetView.of(device("alpha", skill("mail.send", "sends as anna@example.org", schema)))
    told = screen(None, fleet).fleet(fleet).skills["mail.send"]
    text = told.model_dump_json()
    assert "anna@" not in text
    assert "abc123" not in text


def test_example_phrases_are_not_told_and_so_nothing_of_them_is_withheld() -> None:
    """One of our own skills has an address in an example: each request was said to hold personal data."""
    spec = skill("file.append").model_copy(update={"examples": ("add 10.0.0.7 db to hosts.txt",)})
    fleet = FleetView.of(device("alpha", spec))
    watched = screen(None, fleet)
    assert watched.fleet(fleet).skills["file.append"].examples == ()
    assert watched.withheld == ()


def test_a_fields_name_tells_a_secret() -> None:
    one = screen()
    assert one.json({"password": "blue horse", "path": "/x"}) == {"password": "[redacted:secret]", "path": "/x"}
    assert one.withheld == (Label.SECRET,)


@given(st.text(alphabet="aA1@. /-:_PRIVATE_EMAIL", max_size=80), st.lists(st.text(min_size=2, max_size=6), max_size=3))
@settings(max_examples=300)
def test_what_was_told_comes_back_whole_where_nothing_was_secret(text: str, terms: list[str]) -> None:
    one = screen(PrivacySettings(terms=tuple(term for term in terms if len(term) > 1)))
    told = one.text(text)
    if Label.SECRET not in one.withheld:
        assert one.restored(told) == text


def test_what_was_a_secret_once_is_one_wherever_it_comes_again() -> None:
    one = screen()
    assert one.text("my password is GahE56Tc3e.") == "my password is [redacted:secret]"
    assert (
        one.text('no place for: "GahE56Tc3e", or -pGahE56Tc3e')
        == 'no place for: "[redacted:secret]", or -p[redacted:secret]'
    )
    one.text('the passphrase is "blue horse battery"')
    assert one.text("blue, horse and battery") == "[redacted:secret], [redacted:secret] and [redacted:secret]"
