"""What the HTTP side promises: problems, tokens, commands, documents."""
