"""The ground of the operations centre: types, rules of time, messages, and the adapters to the world outside."""
