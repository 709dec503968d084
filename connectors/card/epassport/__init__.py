"""The electronic passport: how its chip is opened, read, and judged.

Owns: the machine readable zone (`mrz`), BAC (`bac`) and PACE (`pace`) with the arithmetic they need (`ciphers`,
`triple_des`, `curve`), secure messaging (`secure_messaging`), the files (`files`, `face`), one whole read (`reading`),
chip authentication (`chip`), and the judgement of what was read (`security_object`, `trust`, `proof`).

Does not own: who may read which passport. Knows no reader; time and randomness are arguments. Reading and judging are
apart: whoever reads hands on the signed files, whoever decides judges them against its own store of trusted states.
Ruled by ICAO Doc 9303, parts 3, 4, 10, 11 and 12.
"""
