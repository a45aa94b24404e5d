"""Signing in to the pages through an OpenID Connect issuer, over real sockets."""
