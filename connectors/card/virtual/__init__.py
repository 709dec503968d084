"""Cards and readers without hardware: for tests, the demonstration and training.

Owns the emulated Thai card (`thai_card`), the slots it sits in (`memory` in this process, `vpcd` in a PC/SC daemon),
the desk on which cards are put in and taken out (`desk`, `desk_socket`), and the private PC/SC daemon (`reader_host`,
`card_stack`). Everything read from here is marked virtual, and production refuses it.
"""
