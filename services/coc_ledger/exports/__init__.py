"""What leaves the ledger as files: GS1 EPCIS, statements, the rows that they are read from."""
