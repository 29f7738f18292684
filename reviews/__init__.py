"""Who is taken: volunteers are reviewed by both co-chairs, decided about jointly, and become members."""
