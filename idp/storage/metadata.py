"""The one MetaData, and the column types the rooms share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Dialect, MetaData, Text
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

FromStore: TypeAlias = Callable[[Any], Any]
"""Makes a value of what a driver gives."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Moment: TypeAlias = datetime | ColumnElement[Any]
"""What a live predicate judges by: a moment, or in a hot statement the column with each caller's own."""


class Span(TypeDecorator[timedelta]):
    """A length of time in milliseconds, for sums with an Instant."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Length to milliseconds."""
        return None if value is None else value // MILLISECOND


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment, stored as milliseconds since 1970 in a 64-bit integer on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime to milliseconds; naive ones are refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an Instant needs a time zone")
        return (value - EPOCH) // MILLISECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> FromStore:
        """Milliseconds to aware datetime; in one call, since the hot path reads several a row."""
        return _moment

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        """What is added to a moment is a length of time, everything else beside it a moment."""
        return Span() if isinstance(value, timedelta) else self


class JsonText(TypeDecorator[Any]):
    """JSON kept as text: the same bytes on every engine, sorted keys, never queried into."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Any JSON value to canonical text."""
        return None if value is None else msgspec.json.encode(value, order="deterministic").decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> FromStore:
        """Text back to the value; in one call, since the hot path reads several a row."""
        return _value


def _moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + value * MILLISECOND


def _value(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
