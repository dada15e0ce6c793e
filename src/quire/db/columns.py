"""The kinds of columns. What damage made another kind of value is read as one that the column can have.

So is nothing at all where a column must have a value. One such row would else be an error for everybody in whose lists
it stands.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LAST_MOMENT: Final = 253_402_300_799_999_999
"""The end of the year 9999, in microseconds: no later one can be shown."""
_Value = TypeVar("_Value", str, int, bytes)


class Kind(sa.TypeDecorator[_Value]):
    """What all kinds have in common."""

    impl: Any

    def __init__(self, length: int | None = None, required: bool = False) -> None:
        """Of values that have a greatest length, or have none; `required`: there is one in every row."""
        super().__init__(*(() if length is None else (length,)))
        self.required = required

    def process_result_value(self, value: Any, _: sa.Dialect) -> _Value | None:  # noqa: ANN401 - whatever stands there
        """Read a value."""
        return None if value is None and not self.required else self.read(value)

    def read(self, value: Any) -> _Value:  # noqa: ANN401 - whatever stands there
        """Return a value that the column can have."""
        raise NotImplementedError


class Words(Kind[str]):
    """Text."""

    impl, cache_ok = sa.String, True

    def read(self, value: Any) -> str:  # noqa: ANN401 - whatever stands there
        """Return a value that the column can have."""
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return "" if value is None else str(value)


class Number(Kind[int]):
    """A whole number."""

    impl: Any = sa.Integer
    cache_ok = True

    def read(self, value: Any) -> int:  # noqa: ANN401 - whatever stands there
        """Return a value that the column can have."""
        return value if isinstance(value, int) else 0


class LargeNumber(Number):
    """A whole number of up to 64 bits."""

    impl, cache_ok = sa.BigInteger, True


class Moment(Kind[int]):
    """A time, in microseconds, UTC."""

    impl, cache_ok = sa.BigInteger, True

    def read(self, value: Any) -> int:  # noqa: ANN401 - whatever stands there
        """Return a value that the column can have."""
        return value if isinstance(value, int) and 0 <= value <= LAST_MOMENT else 0


class Bytes(Kind[bytes]):
    """Bytes."""

    impl, cache_ok = sa.LargeBinary, True

    def read(self, value: Any) -> bytes:  # noqa: ANN401 - whatever stands there
        """Return a value that the column can have."""
        return value if isinstance(value, bytes) else b""


def require(metadata: sa.MetaData) -> None:
    """Have columns that must have a value read none as one."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Kind) and not column.nullable:
                # A copy: a column that refers to another has the type of that one.
                column.type = column.type.copy()
                column.type.required = True


def ahead(column: sa.ColumnElement[int], moment: int | sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a time is after `moment`; what is no time is not, though databases call text greater than any number."""
    return column.between(moment + 1, LAST_MOMENT)


_KINDS: Final = ((Words, "text"), ((Number, Moment, sa.Boolean), "integer"), (Bytes, "blob"), (sa.JSON, "text"))
"""What SQLite calls the values of a column."""


def spoilt(column: sa.Column[Any]) -> str:
    """Return the condition, in SQLite's words, under which a row has a value that this column cannot have."""
    name = f'"{column.table.name}"."{column.name}"'
    kind = next(kind for types, kind in _KINDS if isinstance(column.type, types))
    kinds = f"'{kind}', 'null'" if column.nullable else f"'{kind}'"
    condition = f"typeof({name}) NOT IN ({kinds})"
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


class NumberOf(FunctionElement[int]):
    """A number as its column reads it, whatever kind of value damage made of it."""

    name, type, inherit_cache = "number_of", sa.BigInteger(), True


@compiles(NumberOf, "sqlite")
def _if_number(element: NumberOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of any clause
    value = compiler.process(element.clauses, **options)
    return f"(CASE typeof({value}) WHEN 'integer' THEN {value} ELSE 0 END)"


class BytesOf(FunctionElement[str]):
    """Text to be ordered by, the same for the cursor of a page whatever kind of value damage made of it."""

    name, type, inherit_cache = "bytes_of", sa.String(), True


@compiles(NumberOf)
@compiles(BytesOf)
def _as_it_is(element: NumberOf | BytesOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of any clause
    return compiler.process(element.clauses, **options)


@compiles(BytesOf, "sqlite")
def _hex(element: BytesOf, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of any clause
    return f"hex({compiler.process(element.clauses, **options)})"
