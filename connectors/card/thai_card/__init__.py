"""The Thai national ID card: where its fields lie, how they are written, and one whole read.

Owns the layout (`layout`), the text rules (`text`), the photo (`photo`) and the order of a read (`reading`). Knows no
reader and no clock. Source: facts/thai-registries, sections 1.1 to 1.6; variants that only one public reader knows are
marked where they are handled.
"""
