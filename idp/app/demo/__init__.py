"""The demonstration's first data: fictitious agencies, people, a station, programs. Embedded profile only.

Owns what a newcomer finds after `make demo`. Does not own how anything works: everything is made through the rooms' use
cases, audited like anything else.
"""
