"""`idp …`: the operator's commands. Each says in plain words what it did and ends with an exit code a script can use.

Owns the words on the terminal and the exit codes. Does not own any rule: commands call rooms through `idp.app`.
"""
