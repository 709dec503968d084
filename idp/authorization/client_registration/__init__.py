"""OAuth clients: the programs of agencies, how they are registered, where their keys are, how they prove who they are.

Owns client metadata and the house's rules for them by profile (those of the specifications lie in
`protocol.client_registration`), registration by invitation and its management (RFC 7591, RFC 7592), key sets behind a
`jwks_uri`, and every method of client authentication. Does not own agencies or their rights, nor the connections to
addresses of clients (`connectors.outbound`).
"""
