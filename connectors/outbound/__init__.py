"""Outgoing HTTP of the doors: the one place that says how our clients connect.

Owns timeouts, redirects (never followed) and the resolution of `*.localhost`. Does not own what is asked.
"""
