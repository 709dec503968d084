"""Reading the Thai national ID card at a counter: PC/SC readers, the card itself, the desktop agent, virtual cards.

Owns: the APDU channel (`channel`), the card's layout and its reading (`thai_card`), PC/SC (`pcsc`, pyscard lives in its
worker process only), virtual cards, slots and the private pcscd they sit in (`virtual`), the agent that dials out to
the provider (`agent`), and what to do when a reader does not work (`doctor`).

Does not own: whether card data are true. The chip proves nothing offline; what it says is a claim until the population
registry has confirmed it (facts/smart-card, section 3). Ruled by ISO/IEC 7816-4 and PC/SC.
"""
