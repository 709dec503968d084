"""Encrypts a PDF for delivery to a person: AES-256, revision 6 (ISO 32000-2 section 7.6). Encrypt first, then seal.

The other order breaks the seal by design: encryption rewrites every byte that was signed (facts/secured-pdf, 3).
"""

from io import BytesIO

import pikepdf

from connectors.contracts.errors import DocumentError

LONGEST_PASSWORD = 127  # bytes of UTF-8, ISO 32000-2 section 7.6.4.3.3
# A request to the reader, no protection; screen readers must always be able to read.
PERMISSIONS = pikepdf.Permissions(accessibility=True, modify_annotation=False, modify_assembly=False, modify_form=False,
                                  modify_other=False, extract=True, print_highres=True, print_lowres=True)  # fmt: skip


def encrypt_pdf(pdf: bytes, *, password: str, owner_password: str) -> bytes:
    """The same document, opened only with `password`. `owner_password` is random, used by nobody and forgotten.

    Raises DocumentError for an empty password or one that the format would cut off.
    """
    if not 1 <= len(password.encode()) <= LONGEST_PASSWORD:
        raise DocumentError("the document's password is empty or too long")
    encryption = pikepdf.Encryption(owner=owner_password, user=password, R=6, allow=PERMISSIONS)
    encrypted = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(encrypted, encryption=encryption)
    return encrypted.getvalue()
