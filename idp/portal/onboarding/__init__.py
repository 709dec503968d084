"""Pages on which agencies apply to be connected, and on which the platform looks at what they apply for.

Owns the way in for people who are members of no agency yet (`/apply`): they sign in with their own digital ID, so that
there is no code that could be passed on, guessed or sent to the wrong one, and every application has somebody behind
it. Does not own any decision about an application (`idp.agencies.onboarding`).
"""
