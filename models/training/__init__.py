"""How the weights were made: one command each, seeded. Needs the extra `train`; no part of the product imports it."""
