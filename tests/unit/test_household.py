"""What limits count as one visitor's network."""

from quire.access.contract import Principal, person_of
from quire.access.household import household


def test_a_household_is_an_ipv4_address_or_the_64_bits_that_begin_an_ipv6_address() -> None:
    assert household("2001:db8:0:1::1") == household("2001:db8:0:1:ffff::2") != household("2001:db8:0:2::1")
    # A listener for both families shows IPv4 addresses as IPv6 ones: each is somebody else all the same.
    assert household("::ffff:192.0.2.1") == household("192.0.2.1") == "192.0.2.1"
    assert household("::ffff:192.0.2.2") != household("192.0.2.1")
    assert household("") == ""


def test_guests_of_one_household_are_one_person() -> None:
    guest = Principal("Guest", link="l")
    assert person_of(guest, "2001:db8::1") == person_of(guest, "2001:db8::2") != person_of(guest, "2001:db8:0:1::1")
