"""One test per module of the OpenID certification plans, named after it: over HTTP against a running `idp serve`."""
