"""Programs of a stranger, who has installed `castmark_sdk` and has nothing else of ours."""
