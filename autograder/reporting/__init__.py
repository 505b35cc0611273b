"""Output for people: feedback pages, the class report, marks as CSV, the notebook for the gradebook."""
