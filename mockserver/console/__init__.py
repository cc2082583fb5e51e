"""The web console: screens for people, each made from responses of the control plane."""
