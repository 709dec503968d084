"""From the registries' records to the fields of the catalogue: texts ready for people, one reader for each data set.

A new data set is an entry of the catalogue and a row of `readers`. Nothing here judges who may have what.
"""
