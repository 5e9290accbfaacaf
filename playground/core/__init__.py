"""The core: experiments, networks, engines, runs and measures. It knows no interface."""
