"""The card agents' door: a line they open (WSS), and addresses for where none gets through; nothing dials in.

Owns how an agent's message arrives and what status answers it, pairing included. Does not own what is believed of it
(`stations`). Rules: facts/smart-card, section 4; design, section 2 (Agent).
"""
