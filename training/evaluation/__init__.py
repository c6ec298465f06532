"""How good the product is: measures that go beyond one network on still pictures."""
