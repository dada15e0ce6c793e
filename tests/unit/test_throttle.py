"""What a crowd causes is logged once in a while, with how often it happened."""

from quire.limits.throttle import Throttle


def test_one_in_a_while_of_each_kind_with_the_number_since_the_last() -> None:
    now = 0.0
    throttle = Throttle(10, lambda: now)
    assert [throttle("a") for _ in range(4)] == [1, 0, 0, 0]
    assert throttle("b") == 1
    now = 10.0
    assert throttle("a") == 4
    assert throttle("a") == 0
