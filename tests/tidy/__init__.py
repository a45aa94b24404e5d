"""House rules that no type checker sees. Each ban says what to use instead."""
