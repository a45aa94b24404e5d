"""Material flow: what a viewer may see of it, and a public picture that gives nobody away."""
