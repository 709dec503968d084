"""Seats: the places for members that an agency has, role by site, and the invitations by which persons take them.

Owns which seats there are (a configuration says it, which two persons approve), invitations, who took one, and the end
of a membership by the agency or by the member. A seat names nobody: who is invited opens the link at the issuer, signed
in with the own identity. Does not own what a role may do (the rooms that ask for it) nor what an agency may have.
"""
