"""One submission: its notebook is run, each exercise judged, each wrong answer explained."""
