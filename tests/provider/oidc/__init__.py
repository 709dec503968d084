"""The OpenID endpoints over HTTP, on real rooms and a real store."""
