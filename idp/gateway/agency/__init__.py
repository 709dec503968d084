"""An agency looks after its own things at the data exchange: programs, members, stations, counts, consents and grants.

One of its programs does, in its own name, with a token of the scope `agency.manage` or, to look only, `agency.read`.
What is another agency's is not there. What this door changes never lets the agency do more than it may already.
"""
