"""A pull from decision to disclosure:

one numbered pipeline, one disclosure record for each thing that left or was refused.
"""
