"""Several kinds of data about the same things: merged, shared, translated."""
