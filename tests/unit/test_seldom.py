"""What a crowd causes is logged once in a while, with how often it happened."""

from quire.seldom import Seldom


def test_one_in_a_while_of_each_kind_with_the_number_since_the_last() -> None:
    now = 0.0
    seldom = Seldom(10, lambda: now)
    assert [seldom("a") for _ in range(4)] == [1, 0, 0, 0]
    assert seldom("b") == 1
    now = 10.0
    assert seldom("a") == 4
    assert seldom("a") == 0
