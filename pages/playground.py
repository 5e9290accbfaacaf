"""The playground: data, stack, network, map and curves on one screen."""

from playground.ui.playground_page import playground_page

playground_page()
