"""The kinds of columns. What damage made another kind of value is read as one that the column can have.

One such row would else be an error for everybody in whose lists it stands.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LAST_MOMENT: Final = 253_402_300_799_999_999
"""The end of the year 9999, in microseconds: no later one can be shown."""


class Words(sa.TypeDecorator[str]):
    """Text."""

    impl, cache_ok = sa.String, True

    def process_result_value(self, value: Any, _: sa.Dialect) -> str | None:  # noqa: ANN401 - whatever stands there
        """Read a value."""
        if value is None or isinstance(value, str):
            return value
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


class Number(sa.TypeDecorator[int]):
    """A whole number."""

    impl: Any = sa.Integer
    cache_ok = True

    def process_result_value(self, value: Any, _: sa.Dialect) -> int | None:  # noqa: ANN401 - whatever stands there
        """Read a value."""
        return value if value is None or isinstance(value, int) else 0


class LargeNumber(Number):
    """A whole number of up to 64 bits."""

    impl, cache_ok = sa.BigInteger, True


class Moment(sa.TypeDecorator[int]):
    """A time, in microseconds, UTC."""

    impl, cache_ok = sa.BigInteger, True

    def process_result_value(self, value: Any, _: sa.Dialect) -> int | None:  # noqa: ANN401 - whatever stands there
        """Read a value."""
        return value if value is None or (isinstance(value, int) and 0 <= value <= LAST_MOMENT) else 0


class Bytes(sa.TypeDecorator[bytes]):
    """Bytes."""

    impl, cache_ok = sa.LargeBinary, True

    def process_result_value(self, value: Any, _: sa.Dialect) -> bytes | None:  # noqa: ANN401 - whatever stands there
        """Read a value."""
        return value if value is None or isinstance(value, bytes) else b""


_KINDS: Final = ((Words, "text"), ((Number, Moment, sa.Boolean), "integer"), (Bytes, "blob"), (sa.JSON, "text"))
"""What SQLite calls the values of a column."""


def spoilt(column: sa.Column[Any]) -> str:
    """Return the condition, in SQLite's words, under which a row has a value that this column cannot have."""
    name = f'"{column.table.name}"."{column.name}"'
    kind = next(kind for types, kind in _KINDS if isinstance(column.type, types))
    condition = f"typeof({name}) NOT IN ('{kind}', 'null')"
    if isinstance(column.type, Moment):
        condition += f" OR {name} NOT BETWEEN 0 AND {LAST_MOMENT}"
    return f"({condition})"


def any_spoilt(table: sa.Table) -> str:
    """Return the condition under which a row has any such value."""
    return " OR ".join(spoilt(column) for column in table.columns)


class Damaged(FunctionElement[bool]):
    """Whether a row has any such value, where a database lets one in: SQLite does."""

    name, type, inherit_cache = "damaged", sa.Boolean(), True

    def __init__(self, table: sa.Table) -> None:
        """Of a table that the query reads."""
        super().__init__(*table.columns)
        self.condition = any_spoilt(table)


@compiles(Damaged)
def _never(_element: Damaged, compiler: SQLCompiler, **_: Any) -> str:  # noqa: ANN401 - of any clause
    return compiler.process(sa.false())


@compiles(Damaged, "sqlite")
def _looked_for(element: Damaged, _compiler: SQLCompiler, **_: Any) -> str:  # noqa: ANN401 - of any clause
    return f"({element.condition})"


class BytesOf(FunctionElement[str]):
    """Text to be ordered by, the same for the cursor of a page whatever kind of value damage made of it."""

    name, type, inherit_cache = "bytes_of", sa.String(), True


@compiles(BytesOf)
def _text(element: BytesOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of any clause
    return compiler.process(element.clauses, **options)


@compiles(BytesOf, "sqlite")
def _hex(element: BytesOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of any clause
    return f"hex({compiler.process(element.clauses, **options)})"
