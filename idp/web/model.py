"""Codes of the kit itself."""

from enum import StrEnum


class WebProblem(StrEnum):
    """What can be wrong with a request before any room sees it; the value is the code that people see."""

    UNEXPECTED = "WEB-01"
    NOT_FOUND = "WEB-02"
    METHOD_NOT_ALLOWED = "WEB-03"
    FORM_NOT_OURS = "WEB-04"
    MALFORMED = "WEB-05"
    TOO_LARGE = "WEB-06"
    UNAVAILABLE = "WEB-07"
    TOO_MANY_REQUESTS = "WEB-08"
    FORM_OF_ANOTHER_POST = "WEB-09"
