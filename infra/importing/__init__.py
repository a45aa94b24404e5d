"""Bulk import: files of rows become commands, chunk by chunk, each row answered."""
