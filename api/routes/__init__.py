"""HTTP under `/v1`: parse, call, serialise. No route decides anything."""
