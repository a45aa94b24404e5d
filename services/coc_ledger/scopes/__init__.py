"""Certification scopes: facilities, periods, partners, duties, certificates that cover them."""
