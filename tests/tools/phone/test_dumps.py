"""What phones say, of several versions and makers, read."""

from __future__ import annotations

import pytest

from tools.phone import dumps

ACTIVITY_13 = """  Display #0 (activities from top to bottom):
    topResumedActivity=ActivityRecord{ab12 u0 com.android.settings/.Settings t42}
"""
ACTIVITY_9 = (
    "    mResumedActivity: ActivityRecord{1c3f4a u0 com.android.chrome/com.google.android.apps.chrome.Main t15}\n"
)
WINDOW = "  mCurrentFocus=Window{4ac7c0e u0 org.mozilla.firefox/org.mozilla.fenix.HomeActivity}\n"
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  status: 2
  health: 2
  level: 43
  scale: 50
  temperature: -15
  technology: Li-ion
"""
NOTIFICATIONS = """  Notification List:
    NotificationRecord(0x04b5: pkg=com.whatsapp user=UserHandle{0} id=1 tag=null importance=4 key=0|com.whatsapp|1)
      uid=10150 userId=0
      extras={
          android.title=String (Ann (2))
          android.text=SpannableString (see you
)
      }
      mCreationTimeMs=1700000000000
    NotificationRecord(0x04b6: pkg=android user=UserHandle{-1} id=26 tag=null importance=2)
      extras={
          android.title=String (USB \x1b[2J)
          android.text=String (Tap)
      }
"""
ROWS = (
    "Row: 0 address=+49151, date=1700000000000, type=1, body=a, type=2, b\n"
    "Row: no\nRow: 1 address=NULL, date=1, type=2, body=\n"
)


@pytest.mark.parametrize(
    ("text", "app", "activity"),
    [
        (ACTIVITY_13, "com.android.settings", "com.android.settings.Settings"),
        (ACTIVITY_9, "com.android.chrome", "com.google.android.apps.chrome.Main"),
        (WINDOW, "org.mozilla.firefox", "org.mozilla.fenix.HomeActivity"),
    ],
)
def test_the_app_in_front(text: str, app: str, activity: str) -> None:
    assert dumps.front(text) == (app, activity)


def test_no_app_is_in_front_of_a_lock_screen() -> None:
    assert dumps.front("  mCurrentFocus=Window{1 u0 NotificationShade}\n") is None


def test_a_battery_counts_by_its_own_scale() -> None:
    found = dumps.battery(BATTERY)
    assert found is not None
    assert (found.level, found.status, found.plugged, found.temperature) == (86, "charging", ("USB",), -1.5)
    assert dumps.battery("  level: unknown\n") is None


def test_notifications_have_titles_with_brackets_and_no_escapes() -> None:
    first, second = dumps.notifications(NOTIFICATIONS)
    assert first == ("com.whatsapp", "Ann (2)", "", 1_700_000_000_000)
    assert second == ("android", "USB \\x1b[2J", "Tap", None)


def test_a_row_s_last_column_may_hold_anything() -> None:
    first, second = dumps.rows(ROWS, "address", "date", "type", "body")
    assert first == {"address": "+49151", "date": "1700000000000", "type": "1", "body": "a, type=2, b\nRow: no"}
    assert second == {"address": "", "date": "1", "type": "2", "body": ""}


def test_properties_of_several_lines() -> None:
    text = "[a.b]: [one]\n[c]: [two\nlines]\n[empty]: []\n"
    assert dumps.properties(text) == {"a.b": "one", "c": "two\\nlines", "empty": ""}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("last location=Location[gps 52.520000,13.405000 hAcc=5 et=+1d mock]", (52.52, 13.405)),
        ("Location[gps -33,868800 151,209300 acc=5]", (-33.8688, 151.2093)),
        ("last location=null", None),
    ],
)
def test_a_location_in_both_spellings(text: str, place: tuple[float, float] | None) -> None:
    assert dumps.mocked(text) == place
