"""Settings that make no sense are named, with what would."""

from __future__ import annotations

import pytest

from quire.settings import SettingsError, read_settings, unknown_variables


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("QUIRE_PORT", "abc", "QUIRE_PORT is 'abc'.*integer"),
        ("QUIRE_PORT", "99999", "QUIRE_PORT is .*65535"),
        ("QUIRE_LIMITS", "no", "QUIRE_LIMITS is 'no'.*'on' or 'off'"),
        ("QUIRE_MAX_UPDATE", "0", "QUIRE_MAX_UPDATE is 0; it must be above 0"),
        ("QUIRE_ROOM_GRACE", "-5", "QUIRE_ROOM_GRACE is -5.* 0 or more"),
        ("QUIRE_MAX_UPDATE", "99999999", "QUIRE_MAX_UPDATE is 99999999, more than QUIRE_MAX_FRAME"),
        ("QUIRE_DOCUMENT_WARN", "99999999", "QUIRE_DOCUMENT_WARN is 99999999, more than QUIRE_DOCUMENT_LIMIT"),
        ("QUIRE_UNSAVED_ROOM_LIMIT", "99999999", "QUIRE_UNSAVED_ROOM_LIMIT is .* more than QUIRE_UNSAVED_LIMIT"),
        ("QUIRE_PUBLIC_URL", "docs.example.org", "QUIRE_PUBLIC_URL is 'docs.example.org'.*https://"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=says):
        read_settings()


def test_what_is_given_on_the_command_line_is_checked_too_and_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_PORT", "1234")
    assert read_settings(port=4321, host=None).port == 4321
    with pytest.raises(SettingsError, match="QUIRE_PORT is 70000"):
        read_settings(port=70000)


def test_a_misspelt_setting_is_remarked_on_and_others_variables_are_not() -> None:
    remarks = list(unknown_variables({"QUIRE_DTA": "x", "QUIRE_PORT": "1", "QUIRE_SOMETHING_ELSE": "y", "PATH": "/"}))
    assert remarks == ["QUIRE_DTA is no setting of Quire and has no effect; did you mean QUIRE_DATA?"]
