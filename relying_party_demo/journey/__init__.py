"""The hands of the people in the story: they open pages, press buttons, use a passkey, insert a card, check papers.

Owns: an HTTP browser, a soft authenticator, the steps of the journey. Does not own: what the journey passes through;
it sees only what people and programs outside can see (HTTP, files, commands).
"""
