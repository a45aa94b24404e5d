"""Membership: who belongs, what it consists of, its duty to certify, its standing, its fees."""
