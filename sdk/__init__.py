"""What a third party installs to follow certification events and to send commands."""
