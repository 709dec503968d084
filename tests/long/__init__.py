"""Lists at the size of a country: `python -m tests.long` makes the volume and measures every list page over HTTP.

The volume is made by bulk writes and is in no file of the repository; `LONG=1` runs a small one as a test.
"""
