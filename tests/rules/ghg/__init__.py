"""What the GHG calculations must do, by worked examples and by laws."""
