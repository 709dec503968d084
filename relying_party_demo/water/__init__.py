"""A waterworks counter: an officer takes requests for new meters with the person's card in the reader.

The form is filled from the card, held against the population registry, and saved to the program's own table. Nothing is
photocopied, and what was read is in memory alone while the card is in.
"""
