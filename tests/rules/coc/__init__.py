"""What the chain of custody must do, by worked examples and by laws."""
