"""The proofs. Each folder is named for the kind of proof that it holds."""
