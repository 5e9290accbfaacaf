"""The guide: what it is, how to read each picture, keyboard, limits, licences."""

from playground.ui.guide import guide

guide()
