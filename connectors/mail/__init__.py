"""Letters that leave the house, over SMTP.

Owns the session with the mail server. Does not own what is said, nor to whom (`idp.notices`). Source: RFC 5321 and
RFC 5322.
"""
