"""The photo off the card in the reader, and the officer's copy of what the card says: handed over once, never kept.

Owns the two things that leave a card session beside pulls. The photo's bytes are opened in the memory of the process
that asked for the card, live until the answer is sent, and reach no store, no log and no other document; of the copy
its number, its hash and the keyed digests of its values stay. Does not own the reader (`stations`), the session
(`counter`), nor what the right says of the photo (`catalogue.card_photo`, `agencies`).
Rules: design, section 3 (`card.identity`) and section 5 (nevers, 4 and 5).
"""
