"""What a third party installs and runs does what it promises."""
