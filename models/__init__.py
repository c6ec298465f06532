"""Which model is that: cards, weights, registry. The lowest floor; imports none of the others."""
