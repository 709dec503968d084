from tests.portal.auditing.conftest import portal

__all__ = ["portal"]
