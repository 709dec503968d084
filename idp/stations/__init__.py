"""Stations: the desktop agents with their card readers, and the card sessions they serve.

Owns the pairing of a station with its key, the state of every card session, what was read for as long as the session
lives, the light of a counter, and the officers' sessions with the population registry. Does not own what a
read is used for (`enrolment`, `exchange`) nor the registry's word about a card.
Rules: facts/smart-card, section 4 (outbound agent, paired session); design, section 2 (Agent).
"""
