"""Every line that is logged while a test looks, also when a server configures logging meanwhile."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def written_lines(*, quiet: tuple[str, ...]) -> Iterator[list[str]]:
    """Everything from DEBUG on; the loggers in `quiet` stand at WARNING, as in every process that calls a registry."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("", *quiet)}
    handler = _Lines()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in quiet:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
