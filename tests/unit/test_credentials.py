"""What a request presents is read the same for HTTP and for sockets."""

from quire.access.contract import Credentials
from quire.access.credentials import bearer_token, presented


def test_a_session_is_found_beside_any_cookie_of_another_application() -> None:
    for others in ("", 'prefs={"a":[1,2]}; ', "a b[c]=1; ", "lonely; ", "quirekey=x; "):
        found = presented({"cookie": f"{others}quire=secret; last=1"}, "quire", "192.0.2.1")
        assert found == Credentials("192.0.2.1", session="secret"), others


def test_a_token_counts_before_the_session() -> None:
    headers = {"cookie": "quire=secret", "authorization": "bearer  quire_pat_x ", "x-quire-link": "quire_link_y"}
    assert presented(headers, "quire", "a") == Credentials("a", token="quire_pat_x", link="quire_link_y")


def test_what_comes_later_is_a_link_or_a_token() -> None:
    first = Credentials("a", session="secret")
    assert first.with_token("") == first
    assert first.with_token("quire_link_y") == Credentials("a", session="secret", link="quire_link_y")
    assert first.with_token("quire_pat_x") == Credentials("a", session="secret", token="quire_pat_x")


def test_a_bearer_without_a_token_and_a_link_that_is_none_are_nothing() -> None:
    headers = {"cookie": "quire=secret", "authorization": "Bearer ", "x-quire-link": "quire_pat_x"}
    assert bearer_token(headers) is None
    assert presented(headers, "quire", "a") == Credentials("a", session="secret")
