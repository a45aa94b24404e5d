"""The language all services share: events, values, topics. Pure: pydantic and stdlib only."""
