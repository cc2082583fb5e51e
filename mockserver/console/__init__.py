"""The web console: screens for people, each drawn from what the control plane answers."""
