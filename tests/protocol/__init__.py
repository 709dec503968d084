"""The protocol rules, table by table, with the examples of the specifications."""
