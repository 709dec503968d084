"""E-submission for companies: a director, or an employee with a mandate, signs in for the company and files with its
registry data, without a copy of its certificate.
"""
