"""Outgoing HTTP of the doors: the one place that says how our clients connect.

Owns timeouts, redirects (never followed), the resolution of `*.localhost`, and which addresses that clients registered
may be asked at all (judged on the connected socket). Does not own what is asked.
"""
