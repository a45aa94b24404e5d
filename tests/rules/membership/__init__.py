"""The rules of membership: applications, duties, standing, fees, entities, facilities."""
