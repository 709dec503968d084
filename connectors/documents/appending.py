"""Appends to a PDF and leaves what it says of itself as it stands.

The library would write the metadata anew with every revision: under prefixes of its own, where readers of ETDA's form
look for `ed`, and with the time of the machine, so that the same document would not be the same file.
"""

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class AppendingWriter(IncrementalPdfFileWriter):
    """A revision that holds what is added, and nothing else."""

    def _update_meta(self) -> None:
        """The metadata of the first revision hold."""
