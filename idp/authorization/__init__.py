"""Authorization: clients, grants, tokens and the requests that lead to them.

Owns what OAuth and OpenID Connect keep and decide, in the sub-rooms `client_registration`, `grants`, `tokens`,
`deferred`, then `requests`, `device`, `backchannel` and `logout`, each importing only those before it. Does not own the
wire rules (`idp.protocol`), rights (`idp.agencies`), consent (`idp.consent`) or sessions (`idp.authentication`): it
asks them. Rules: RFC 6749, 6750, 7009, 7523, 7591, 7636, 8628, 9068, 9126, 9207, 9396, 9449; OpenID Connect Core and
its four logout specifications; CIBA; FAPI 2.0 Security Profile.
"""
