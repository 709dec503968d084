"""The Department of Provincial Administration: card status (`card_status`) and the population registry (`ikno`).

Maps DOPA's wires to the records of connectors.contracts, misspellings included on the wire side only. Logs nothing; see
connectors.gdx for the loggers of the HTTP library. Source: facts/thai-registries, sections 3.1 to 3.3.
"""
