"""Where frames come from, and who watches them."""
