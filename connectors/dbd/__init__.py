"""The Department of Business Development: the company registry behind the gateway (`juristic`).

Maps DBD's wire to the records of connectors.contracts. Logs nothing; see connectors.gdx for the loggers of the HTTP
library. Source: facts/thai-registries, section 4.1.
"""
