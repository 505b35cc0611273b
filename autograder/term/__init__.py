"""What an instructor decides and knows about one term: settings, roster, the hand-ins of platforms."""
