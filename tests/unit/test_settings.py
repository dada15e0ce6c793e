"""Settings that make no sense are named, with what would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT
from quire.http.forwarded import client_address
from quire.ops.reference import lines
from quire.settings import Proxies, SettingsError, read_settings, unknown_variables


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("QUIRE_PORT", "abc", "QUIRE_PORT is 'abc': it must be a whole number"),
        ("QUIRE_MAX_FRAME", "16 MB", "QUIRE_MAX_FRAME is '16 MB': .*sizes are bytes.*without a unit"),
        ("QUIRE_WATCHDOG", "20s", "QUIRE_WATCHDOG is '20s': .*times are seconds.*without a unit"),
        ("QUIRE_PORT", "99999", "QUIRE_PORT is .*65535"),
        ("QUIRE_LIMITS", "no", "QUIRE_LIMITS is 'no'.*'on' or 'off'"),
        ("QUIRE_MAX_UPDATE", "0", "QUIRE_MAX_UPDATE is 0; it must be above 0"),
        ("QUIRE_ROOM_GRACE", "-5", "QUIRE_ROOM_GRACE is -5.* 0 or more"),
        ("QUIRE_MAX_UPDATE", "99999999", "QUIRE_MAX_UPDATE is 99999999, more than QUIRE_MAX_FRAME"),
        ("QUIRE_DOCUMENT_WARN", "99999999", "QUIRE_DOCUMENT_WARN is 99999999, more than QUIRE_DOCUMENT_LIMIT"),
        ("QUIRE_UNSAVED_ROOM_LIMIT", "99999999", "QUIRE_UNSAVED_ROOM_LIMIT is .* more than QUIRE_UNSAVED_LIMIT"),
        ("QUIRE_SHUTDOWN_TIMEOUT", "nan", "QUIRE_SHUTDOWN_TIMEOUT is 'nan'.*finite"),
        ("QUIRE_WATCHDOG", "inf", "QUIRE_WATCHDOG is 'inf'.*finite"),
        ("QUIRE_WATCHDOG", "0.001", "QUIRE_WATCHDOG is 0.001; it must be at least 0.1, or 0"),
        ("QUIRE_SHUTDOWN_TIMEOUT", "1e12", "QUIRE_SHUTDOWN_TIMEOUT is .* at most 315360000"),
        ("QUIRE_SNAPSHOT_UPDATES", "9" * 20, "QUIRE_SNAPSHOT_UPDATES is 9+; it must be at most"),
        ("QUIRE_CRDT_WORKERS", "100000", "QUIRE_CRDT_WORKERS is .*less than or equal to 64"),
        ("QUIRE_PONG_TIMEOUT", "10", "QUIRE_PING_INTERVAL is 15.0, more than QUIRE_PONG_TIMEOUT"),
        ("QUIRE_DATA", "", "QUIRE_DATA is ''.*must be a folder"),
        ("QUIRE_DATA", "~nobody-of-this-name/x", "QUIRE_DATA is .*no such user"),
        ("QUIRE_HOST", "", "QUIRE_HOST is ''.*0.0.0.0 is all"),
        ("QUIRE_PUBLIC_URL", "https://docs.example.org:port", "QUIRE_PUBLIC_URL is .*its port must be a number"),
        ("QUIRE_PUBLIC_URL", "https://docs.example.org:99999", "QUIRE_PUBLIC_URL is .*its port must be a number"),
        ("QUIRE_PUBLIC_URL", "https://a.example.org,https://b.example.org", "QUIRE_PUBLIC_URL is .*one address"),
        ("QUIRE_PUBLIC_URL", "https://a.example.org https://b.example.org", "QUIRE_PUBLIC_URL is .*one address"),
        ("QUIRE_PUBLIC_URL", "https://münchen.example", "QUIRE_PUBLIC_URL is .*as browsers send it"),
        ("QUIRE_PUBLIC_URL", "https://example.org/quire", "QUIRE_PUBLIC_URL is .*without a path"),
        ("QUIRE_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "QUIRE_TRUSTED_PROXIES is .*'proxy' is no address"),
        ("QUIRE_TRUSTED_PROXIES", "10.0.0.1/8", "QUIRE_TRUSTED_PROXIES is .*'10.0.0.1/8' is no address.*host bits"),
        ("QUIRE_PUBLIC_URL", "docs.example.org", "QUIRE_PUBLIC_URL is 'docs.example.org'.*https://"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=says):
        read_settings()


def test_what_people_write_in_more_than_one_way_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "HOST": "[::1]",
        "DATA": "~/quire",
        "PUBLIC_URL": "https://docs.example.org:8443/",
        "TRUSTED_PROXIES": "127.0.0.1, 10.1.0.0/16,fd00::/8,",
    }.items():
        monkeypatch.setenv(f"QUIRE_{name}", value)
    settings = read_settings()
    assert settings.host == "::1"
    assert settings.loopback_only
    assert settings.data == Path.home() / "quire"
    assert settings.public_url == "https://docs.example.org:8443"
    trusted = settings.proxies
    assert all(address in trusted for address in ("127.0.0.1", "10.1.255.1", "::ffff:10.1.2.3", "fd00::7"))
    assert all(address not in trusted for address in ("10.2.0.1", "::1", "", "unix:"))


def test_the_page_of_settings_is_current() -> None:
    page = (ROOT / "docs" / "operator" / "settings.md").read_text()
    assert page == "\n".join(lines()) + "\n", "run `python -m quire.ops.reference > docs/operator/settings.md`"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("192.0.2.9:4711", "192.0.2.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("203.0.113.1, 192.0.2.9:1, 10.1.2.3:2", "192.0.2.9"),
        ("unknown", "10.1.0.1"),
    ],
)
def test_the_client_is_found_behind_a_network_of_proxies_that_name_ports(forwarded: str, client: str) -> None:
    assert client_address("10.1.0.1", forwarded, Proxies("10.1.0.0/16")) == client


def test_the_page_names_the_words_that_a_setting_may_be() -> None:
    rows = {row.split("`")[1]: row for row in lines() if row.startswith("| `")}
    assert "`auto`, `json` or `console`" in rows["QUIRE_LOG_FORMAT"]
    assert "`debug`, `info`, `warning` or `error`" in rows["QUIRE_LOG_LEVEL"]


def test_what_is_given_on_the_command_line_is_checked_too_and_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_PORT", "1234")
    assert read_settings(port=4321, host=None).port == 4321
    with pytest.raises(SettingsError, match="QUIRE_PORT is 70000"):
        read_settings(port=70000)


def test_what_looks_like_a_setting_and_is_none_is_remarked_on_and_others_variables_are_not() -> None:
    environment = ["QUIRE_DTA", "QUIRE_PORT", "quire_host", "QUIRE_SOMETHING_ELSE", "QUIRE_PROVE", "PATH"]
    assert [str(unknown) for unknown in unknown_variables(environment)] == [
        "QUIRE_DTA is no setting of Quire and has no effect; did you mean QUIRE_DATA?",
        "QUIRE_SOMETHING_ELSE is no setting of Quire and has no effect",
    ]


def test_no_variable_of_the_tools_counts_as_a_misspelt_setting() -> None:
    read = re.compile(r"(?:environ(?:\.get\(|\[)[\"']|process\.env\.|\$\{|^export )(QUIRE_\w+)", re.MULTILINE)
    places = ("bench/*.py", "tests/*.py", "tests/run", "web/*.ts", "web/tests/**/*.ts", "*.py", "docs/*.py")
    found = {name for place in places for path in ROOT.glob(place) for name in read.findall(path.read_text())}
    assert "QUIRE_PROVE" in found
    assert list(unknown_variables(found)) == []
