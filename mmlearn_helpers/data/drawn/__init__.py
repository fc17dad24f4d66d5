"""Sets that are always there: those that are drawn from a seed, and two that come installed."""
