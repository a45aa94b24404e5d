"""What only a real Kafka can show."""
