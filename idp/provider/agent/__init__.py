"""The card agents' door: two addresses to which the agents dial out; nothing dials in.

Owns how an agent's message arrives and what status answers it. Does not own what is believed of it (`stations`). Rules:
facts/smart-card, section 4; design, section 2 (Agent).
"""
